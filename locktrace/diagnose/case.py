"""What a detector is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.thresholds import Thresholds
from locktrace.diagnose.wait_graph import Ring, WaitGraph
from locktrace.model import Finding, Snapshot, Wait


@dataclass(frozen=True, slots=True)
class Case:
    """A ledger, the thresholds, and the locks for which an earlier detector has the reason.

    `rings` are those of the wait-for graph, also such as are too young to be told.
    """

    ledger: Ledger
    thresholds: Thresholds
    explained: frozenset[int] = frozenset()
    rings: tuple[Ring, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot, thresholds: Thresholds) -> Case:
        ledger = Ledger.of(snapshot)
        return cls(ledger, thresholds, rings=tuple(WaitGraph(ledger).rings()))

    @property
    def in_rings(self) -> frozenset[int]:
        """The locks that actors wait for in a ring: nobody gets those any more."""
        return frozenset(link.wait.lock for ring in self.rings for link in ring.links)

    def explaining(self, findings: Iterable[Finding]) -> Case:
        """The case with the locks of `findings` explained."""
        locks = {lock for finding in findings for lock in finding.locks}
        return replace(self, explained=self.explained | locks)

    def age(self, since_ns: int) -> float:
        """Seconds from `since_ns` to the snapshot."""
        return self.ledger.snapshot.age(since_ns)

    def has_lasted(self, wait: Wait, seconds: float, found: float = 0.0) -> bool:
        """Whether `wait` has lasted `seconds`, or `found` seconds since the agent found it.

        How long it had lasted by then nobody knows. It is enough if nothing has moved since.
        """
        enough = min(seconds, found) if self.ledger.is_unmoved(wait) else seconds
        return self.age(wait.since_ns) >= enough


Detector = Callable[[Case], Iterable[Finding]]
"""A pure function; one file each, all named ``detect``, listed in `registry`."""
