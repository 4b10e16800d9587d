"""One look at the kernel's ledger: its numbers as rows that speak of locks and actors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from locktrace.kernel_view import Futex, FutexKind, FutexWait, ThreadTotals, WakeUp, is_own
from locktrace.model import Lock, Snapshot
from locktrace.observe.kernel.ledger import KernelLedger
from locktrace.observe.kernel.names import Cast, Names
from locktrace.observe.kernel.records import Pending
from locktrace.observe.kernel.threads import Threads

MOST_ROWS = 2000


class Look:
    """Locks and actors are added to those of the snapshot as rows come to need them.

    `inside` gives a thread's own id for the kernel's; `listed` has the lock of each futex that
    the agent lists.
    """

    def __init__(
        self, base: Snapshot, ledger: KernelLedger, names: Names, threads: Threads, cast: Cast
    ) -> None:
        self.base = base
        self.ledger = ledger
        self.cast = cast
        self.locks: dict[int, Lock] = dict(base.locks)
        self.listed = names.listed(base)
        self.waits: Mapping[int, Pending] = ledger.waits
        self._names = names
        self._threads = threads

    def actor(self, thread: int) -> int:
        """The actor of a thread as the kernel counts it."""
        return self.cast.of(self._threads.inside(thread))

    def lock(self, key: int) -> int:
        """The lock that a futex is; one of our own where the agent lists none."""
        known = self.listed.get(key)
        if known is not None:
            return known
        lock = self._names.own(key)
        self.locks.setdefault(lock.id, lock)
        return lock.id

    def futexes(
        self, wanted: Callable[[int], bool], most_others: int, *, idle: bool
    ) -> tuple[Futex, ...]:
        """Those that are `wanted`, and of the others those with the most time; most time first.

        `idle`: also others in which no wait has ended yet.
        """
        waits: Counter[int] = Counter()
        time: Counter[int] = Counter()
        for (_, key), (number, ns) in self.ledger.spent.items():
            waits[key] += number
            time[key] += ns
        ranked = [key for key, _ in time.most_common()]
        ranked += [wait.key for wait in self.waits.values() if idle or wanted(wait.key)]
        others = 0
        rows = []
        for key in dict.fromkeys(ranked):
            if not wanted(key):
                others += 1
                if others > most_others:
                    continue
            rows.append(self._futex(key, waits[key], time[key]))
            self._note_time(rows[-1])
        return tuple(rows)

    def _note_time(self, futex: Futex) -> None:
        """A lock of our own has been used if anybody has waited for it."""
        lock = self.locks[futex.lock]
        if is_own(lock.id):
            self.locks[lock.id] = replace(lock, wait_ns=futex.off_cpu_ns)

    def _futex(self, key: int, waits: int, ns: int) -> Futex:
        nature = self._names.nature(key)
        return Futex(
            self.lock(key),
            key,
            FutexKind.LOCK if key in self.listed else nature.kind,
            waits,
            ns,
            self.ledger.longest.get(key, 0),
            self.ledger.gil_after[key],
            self.ledger.lengths.get(key, ()),
            nature.library,
            nature.symbol,
        )

    def totals(self, keys: set[int]) -> tuple[ThreadTotals, ...]:
        """For each thread what it has waited at the futexes `keys`, the most time first."""
        ranked = sorted(self.ledger.spent.items(), key=lambda item: -item[1][1])
        rows = [
            ThreadTotals(self.actor(thread), self.lock(key), waits, ns)
            for (thread, key), (waits, ns) in ranked
            if key in keys
        ]
        return tuple(rows[:MOST_ROWS])

    def wakeups(self, keys: set[int]) -> tuple[WakeUp, ...]:
        rows = [
            WakeUp(self.lock(edge.key), self.actor(edge.waker), self.actor(edge.woken), number)
            for edge, number in self.ledger.edges.most_common()
            if edge.key in keys
        ]
        return tuple(rows[:MOST_ROWS])

    def present(self, lock_of: Callable[[int, Pending], int]) -> Iterator[FutexWait]:
        """Who is in a futex now, longest first."""
        before = self.ledger.from_before
        for thread, wait in sorted(self.waits.items(), key=lambda item: item[1].since_ns):
            place = self._threads.place(thread)
            yield FutexWait(
                self.actor(thread),
                lock_of(thread, wait),
                wait.key,
                wait.since_ns,
                thread in before,
                place.cpu if place else None,
                place.priority if place else None,
            )

    def gil_waits(self) -> tuple[tuple[int, float], ...]:
        """Actors and the share of the last seconds that they have waited for the GIL."""
        shares = sorted(self.ledger.gil_shares().items(), key=lambda item: -item[1])
        return tuple((self.actor(thread), share) for thread, share in shares)
