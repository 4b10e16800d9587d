"""The kernel's ledger joined with names, and compared with the agent's where there is one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from itertools import count

from locktrace.kernel_view import OWN_WAITS, Disagreement, FutexKind, GilUse, KernelView
from locktrace.model import Mode, Snapshot, Stack, Wait
from locktrace.observe.kernel.comparison import LASTING_NS, Comparison, compare
from locktrace.observe.kernel.identifier import Identifier
from locktrace.observe.kernel.interpreter import Interpreter
from locktrace.observe.kernel.ledger import GIL, KernelLedger
from locktrace.observe.kernel.look import Look
from locktrace.observe.kernel.names import Cast, Names
from locktrace.observe.kernel.sampler import Sampler
from locktrace.observe.kernel.threads import Threads

MOST_FUTEXES = 500
MOST_OTHERS = 10  # beside an agent: most futexes that it does not list are nobody's business


class Witness:
    """Makes snapshots that have the kernel's view in them."""

    def __init__(
        self,
        ledger: KernelLedger,
        interpreter: Interpreter,
        threads: Threads,
        sampler: Sampler,
        about: KernelView,
    ) -> None:
        """`about` has what stays the same; its notes come before those of the moment."""
        self.ledger = ledger
        self.ended = ""
        self._interpreter = interpreter
        self._threads = threads
        self._sampler = sampler
        self._about = about
        self._names = Names(interpreter)
        self._identifier = Identifier(ledger, self._names, threads, sampler)
        self._ids: dict[Hashable, int] = {}
        self._next_id = count(OWN_WAITS).__next__
        self._checked_ns = 0

    def join(self, base: Snapshot, *, alone: bool) -> Snapshot:
        """`base` with what the kernel saw; `alone`: there is no agent, all rows are ours."""
        self._sampler.collect()
        self._check_old_waits()
        cast = Cast(base.actors, self._name)
        look = Look(base, self.ledger, self._names, self._threads, cast)
        self._identifier.take_in()
        self._identifier.ask(look.listed)
        compared = self._compare(look)
        wanted = set(look.listed) | {GIL} | self._lasting_elsewhere(look, compared)
        natives = {key for key in self._keys() if self._names.nature(key).kind is FutexKind.NATIVE}
        wanted |= natives
        most = MOST_FUTEXES if alone else MOST_OTHERS
        futexes = look.futexes(wanted.__contains__, most, idle=alone)
        keys = {futex.address for futex in futexes}
        before, self._ids = self._ids, {}
        waits = list(self._own_waits(look, compared, alone, before))
        view = replace(
            self._about,
            futexes=futexes,
            threads=look.totals(keys),
            waits=tuple(
                look.present(lambda thread, w: compared.matched.get(thread) or look.lock(w.key))
            ),
            wakeups=look.wakeups(keys),
            gil=self._gil(look),
            disagreements=tuple(self._disagreements(compared, before)),
            confirmed=compared.confirmed,
            untold=self.ledger.untold,
            lost=self.ledger.lost,
            notes=(*self._about.notes, *self._notes(look)),
        )
        return replace(
            base,
            locks=look.locks,
            actors=cast.actors,
            waits=(*base.waits, *waits),
            kernel=view,
        )

    def wants_addresses(self, base: Snapshot) -> frozenset[int]:
        """The agent's waits, lasting ones, of which a new ledger would tell where they block."""
        now = base.taken_ns
        return frozenset(
            wait.id
            for wait in base.waits
            if not wait.address and now - wait.since_ns >= LASTING_NS // 4
            if (lock := base.locks.get(wait.lock)) and not lock.address
        )

    def close(self) -> None:
        self._sampler.close()
        self._interpreter.close()

    def find_old_waits(self) -> None:
        """Threads that were waiting before the probes were there, from /proc."""
        waits = self._threads.waits().items()
        self.ledger.found({t: replace(wait, key=self.key_of(wait.key)) for t, wait in waits})

    # -- before the rows are made

    def _check_old_waits(self) -> None:
        """Of the waits from before the probes only /proc tells the end."""
        if self._checked_ns == self.ledger.at_ns:
            return
        self._checked_ns = self.ledger.at_ns
        for thread in self.ledger.from_before:
            futex = self._threads.futex(thread)
            if not futex or self.key_of(futex) != self.ledger.waits[thread].key:
                self.ledger.left(thread)

    def key_of(self, futex: int) -> int:
        """The key that futex.bt has for a futex."""
        if self._interpreter.has_gil_at(futex):
            return GIL
        return self._interpreter.parked_for(futex)

    def _compare(self, look: Look) -> Comparison:
        return compare(
            look.base,
            look.waits,
            at_ns=self.ledger.at_ns,
            listed=look.listed,
            actor_of=look.actor,
            futex_of=lambda wait: self._names.futex_of_wait(wait, look.base),
        )

    # -- rows

    def _keys(self) -> set[int]:
        return {key for _, key in self.ledger.spent} | {w.key for w in self.ledger.waits.values()}

    def _lasting_elsewhere(self, look: Look, compared: Comparison) -> set[int]:
        """Futexes in which somebody has long been waiting, for nothing that the agent lists."""
        now = self.ledger.at_ns
        return {
            wait.key
            for thread, wait in look.waits.items()
            if thread not in compared.matched and now - wait.since_ns >= LASTING_NS
        }

    def _own_waits(
        self, look: Look, compared: Comparison, alone: bool, before: dict[Hashable, int]
    ) -> Iterator[Wait]:
        """Waits for the snapshot's own table: all, or beside an agent those in native code."""
        stacks = self._sampler.looks.positions
        for thread, wait in look.waits.items():
            native = self._names.nature(wait.key).kind is FutexKind.NATIVE
            if wait.key == GIL or thread in compared.matched or not (alone or native):
                continue
            id = self._id(("wait", thread, wait.since_ns), before)
            position = stacks.get(self._threads.inside(thread))
            fresh = wait.since_ns < self._sampler.looks.positions_ns
            stack: Stack = position.python if position is not None and fresh else ()
            lock, actor = look.lock(wait.key), look.actor(thread)
            found = thread in look.ledger.from_before
            yield Wait(id, lock, Mode.EXCLUSIVE, actor, stack, wait.since_ns, found=found)

    def _disagreements(
        self, compared: Comparison, before: dict[Hashable, int]
    ) -> Iterator[Disagreement]:
        for it in compared.disputed:
            id = self._id((it.dispute, it.actor, it.lock, it.since_ns), before)
            yield Disagreement(id, it.dispute, it.actor, it.lock, it.since_ns)

    def _gil(self, look: Look) -> GilUse:
        seen = self._sampler.looks
        held = sorted(seen.held.items(), key=lambda item: -item[1])
        return GilUse(
            look.gil_waits(),
            look.cast.of(seen.holder) if seen.holder is not None else None,
            tuple((look.cast.of(thread), number) for thread, number in held),
            seen.count,
        )

    def _notes(self, look: Look) -> Iterator[str]:
        if self._threads.translated:
            yield (
                "The process is in a pid namespace of its own: its threads are shown by the ids "
                "they have there, translated from the kernel's."
            )
        if look.ledger.is_full:
            yield "The kernel's tables are full: waits of newer threads and locks are not counted."
        if self._sampler.looks.note:
            yield self._sampler.looks.note
        if self.ended:
            yield f"The kernel's view has ended: {self.ended}."

    def _id(self, key: Hashable, before: dict[Hashable, int]) -> int:
        """The same id for the same thing as long as each look has it."""
        id = before.get(key) or self._next_id()
        self._ids[key] = id
        return id

    def _name(self, thread: int) -> str:
        """Of a thread by its own id: Python's name for it, once py-spy has seen it."""
        return self._sampler.looks.names.get(thread) or self._threads.name_inside(thread)
