"""The kernel's ledger of a process: what the records add up to, in the kernel's own numbers.

Threads are as bpftrace counts them, futexes by their key: an address, or 0 for the GIL.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from locktrace.observe.kernel.records import (
    Buckets,
    Ended,
    Lost,
    OfOne,
    Pending,
    Regained,
    Tally,
    Totals,
    Waited,
    Waits,
)

GIL, UNKNOWN = 0, 1  # keys that are no addresses
RECENT_NS = 3_000_000_000
BACK_NS = 200_000_000  # a thread that a signal took out of its wait is back by then, or gone on
MOST_EDGES = 20_000
MOST_RECENT = 3_000
MOST_KEYS = 16_384  # of each table in the kernel


@dataclass(frozen=True, slots=True)
class Edge:
    """`waker` has ended a long wait of `woken` at `key`."""

    key: int
    waker: int
    woken: int


class KernelLedger:
    """Applies the records of one process, which is followed since `began_ns`.

    The totals are the kernel's own and never wrong for what was lost.
    """

    def __init__(self, began_ns: int) -> None:
        self.began_ns = began_ns
        self.at_ns = 0
        self.untold = 0
        self.lost = 0
        self.spent: Totals = {}
        self.lengths: Buckets = {}
        self.edges: Counter[Edge] = Counter()
        self.longest: dict[int, int] = {}
        self.recent: deque[Waited] = deque(maxlen=MOST_RECENT)
        """The latest waits that were told one by one."""
        self.gil_after: Counter[int] = Counter()
        self._last_key: dict[int, int] = {}
        self._waiting: dict[int, Pending] = {}
        self._before: dict[int, Pending] = {}
        self._gil: deque[tuple[int, dict[int, int]]] = deque()
        self._rows = 0

    def found(self, waits: Mapping[int, Pending]) -> None:
        """Threads that were waiting before the probes were there."""
        self._before = dict(waits)

    def apply(self, record: OfOne) -> None:
        match record:
            case Waited():
                self._waited(record)
            case Tally():
                self._take_in(record)
            case Regained():
                key = self._last_key.get(record.thread, UNKNOWN)
                self.gil_after[key] += record.until_ns - record.since_ns
            case Ended():
                self._forget(record.thread)
            case Lost():
                self.lost += record.messages

    def _take_in(self, tally: Tally) -> None:
        self.at_ns = tally.at_ns
        self.untold, self.lengths, self._rows = tally.untold, tally.lengths, tally.rows
        self.spent = {pair: total for pair, total in tally.spent.items() if pair[1] != UNKNOWN}
        self._see(tally.waits)
        self._remember_gil()

    def _see(self, threads: Waits) -> None:
        """A wait of before that was interrupted comes back with the time at which we came."""
        self._waiting = {
            thread: self._before.get(thread, wait) if wait.since_ns == self.began_ns else wait
            for thread, wait in threads.items()
            if wait.key != UNKNOWN or thread in self._before
        }
        self._before = {
            thread: wait
            for thread, wait in self._before.items()
            if thread not in threads or threads[thread].since_ns == self.began_ns
        }

    @property
    def waits(self) -> dict[int, Pending]:
        """Who waits now; those that a signal took out for good are left out."""
        there = {
            thread: wait
            for thread, wait in self._waiting.items()
            if not wait.interrupted_ns or self.at_ns - wait.interrupted_ns < BACK_NS
        }
        return self._before | there

    @property
    def from_before(self) -> frozenset[int]:
        """The threads whose wait began before the probes were there."""
        return frozenset(self._before)

    @property
    def is_full(self) -> bool:
        """Whether the kernel's largest table has no room for another thread or futex."""
        return self._rows >= MOST_KEYS

    def left(self, thread: int) -> None:
        """The wait of a thread that waited before the probes were there is over."""
        self._before.pop(thread, None)

    def gil_shares(self) -> dict[int, float]:
        """For each thread the share of the last seconds (0 to 1) that it waited for the GIL."""
        if len(self._gil) < 2:
            return {}
        (then_ns, before), (now_ns, now) = self._gil[0], self._gil[-1]
        span = max(1, now_ns - then_ns)
        shares = {thread: (ns - before.get(thread, 0)) / span for thread, ns in now.items()}
        return {thread: min(1.0, share) for thread, share in shares.items() if share > 0}

    def _waited(self, wait: Waited) -> None:
        self._before.pop(wait.thread, None)
        self.recent.append(wait)
        self.longest[wait.key] = max(self.longest.get(wait.key, 0), wait.until_ns - wait.since_ns)
        self._last_key[wait.thread] = wait.key
        edge = Edge(wait.key, wait.waker, wait.thread)
        if wait.waker and (edge in self.edges or len(self.edges) < MOST_EDGES):
            self.edges[edge] += 1

    def _remember_gil(self) -> None:
        gil = {thread: ns for (thread, key), (_, ns) in self.spent.items() if key == GIL}
        self._gil.append((self.at_ns, gil))
        while self.at_ns - self._gil[0][0] > RECENT_NS:
            self._gil.popleft()

    def _forget(self, thread: int) -> None:
        self._before.pop(thread, None)
        self._waiting.pop(thread, None)
        self._last_key.pop(thread, None)
