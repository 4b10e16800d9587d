"""What a detector is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.thresholds import Thresholds
from locktrace.model import Finding


@dataclass(frozen=True, slots=True)
class Case:
    """A ledger, the thresholds, and the locks for which an earlier detector has the reason."""

    ledger: Ledger
    thresholds: Thresholds
    explained: frozenset[int] = frozenset()

    def explaining(self, findings: Iterable[Finding]) -> Case:
        """The case with the locks of `findings` explained."""
        locks = {lock for finding in findings for lock in finding.locks}
        return replace(self, explained=self.explained | locks)

    def age(self, since_ns: int) -> float:
        """Seconds from `since_ns` to the snapshot."""
        return self.ledger.snapshot.age(since_ns)


Detector = Callable[[Case], Iterable[Finding]]
"""A pure function; one file each, all named ``detect``, listed in `registry`."""
