"""What a futex is that the agent does not list: asked of py-spy where threads wait for long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator

from locktrace.observe.kernel.comparison import LASTING_NS
from locktrace.observe.kernel.ledger import GIL, KernelLedger
from locktrace.observe.kernel.names import Names
from locktrace.observe.kernel.sampler import Position, Sampler
from locktrace.observe.kernel.threads import Threads

NOTABLE_SHARE = 0.01
"""Of the time that all threads together wait for the GIL: from here on its holder is looked for."""
MOST_LOOKS = 3
"""At a futex whose waits have all been too short to be met by a look."""


class Identifier:
    """Has the sampler look when that would tell something new, and takes in what it has seen."""

    def __init__(
        self, ledger: KernelLedger, names: Names, threads: Threads, sampler: Sampler
    ) -> None:
        self._ledger = ledger
        self._names = names
        self._threads = threads
        self._sampler = sampler
        self._looks: Counter[int] = Counter()
        self._learnt_ns = 0

    def take_in(self) -> None:
        """Of each thread that the last look has met in a wait: what it waits in is known now."""
        looks = self._sampler.looks
        for thread, key, parked in self._met(looks.positions_ns, looks.positions_until_ns):
            if not self._names.is_known(key):
                position = looks.positions.get(self._threads.inside(thread), Position(()))
                self._names.learn(key, position, parked=parked)

    def ask(self, listed: Container[int]) -> None:
        """Have py-spy look, at what the agent has not `listed`, if that would tell something."""
        seen = self._sampler.looks
        if not seen.count:
            self._sampler.want_gil()  # it tells the threads' names, too
            return
        strange = [key for key in self._notable() if key not in listed]
        strange = [key for key in strange if not self._names.is_known(key)]
        if strange:
            if self._sampler.want_positions():
                self._looks.update(strange)
        elif sum(self._ledger.gil_shares().values()) >= NOTABLE_SHARE:
            self._sampler.want_gil()

    def _met(self, began_ns: int, until_ns: int) -> Iterator[tuple[int, int, bool]]:
        """Threads that were in a wait when the look stopped them, in what, and whether parked,
        which of a wait that is over is only known as what this interpreter does."""
        for thread, wait in self._ledger.waits.items():
            if wait.since_ns < began_ns and not self._names.is_known(wait.key):
                yield thread, wait.key, self._threads.futex(thread) not in {0, wait.key}
        if self._learnt_ns < until_ns < self._ledger.at_ns:
            self._learnt_ns = until_ns
            for told in self._ledger.recent:
                if began_ns < told.stopped_ns < until_ns:
                    yield told.thread, told.key, self._names.parks

    def _notable(self) -> Iterator[int]:
        """Futexes in which somebody waits for long, or many have waited for a while."""
        now = self._ledger.at_ns
        for wait in self._ledger.waits.values():
            if now - wait.since_ns >= LASTING_NS:
                yield wait.key
        spent: Counter[int] = Counter()
        for (_, key), (_, ns) in self._ledger.spent.items():
            spent[key] += ns
        for key, ns in spent.items():
            told = key in self._ledger.longest and key != GIL
            if told and ns >= LASTING_NS and self._looks[key] < MOST_LOOKS:
                yield key
