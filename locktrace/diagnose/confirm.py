"""A second look before anything is said, and each thing said once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from locktrace.diagnose import lock_order, pending_writer, recursive_read, stall, unresponsive
from locktrace.model import Finding, Snapshot

_ONE_PER_LOCK = frozenset({pending_writer.KIND, stall.KIND})
_FOR_GOOD = frozenset({lock_order.KIND, recursive_read.KIND, unresponsive.KIND})
"""Kinds that no second look could take back: what has been, and a silence that has lasted."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What may be told after a look, in the order given; what of it was not told before, and
    what was told as less severe."""

    findings: tuple[Finding, ...] = ()
    new: tuple[Finding, ...] = ()
    worse: tuple[Finding, ...] = ()


class Confirmer:
    """Lets a finding pass when looks have had it with the same evidence for `apart` seconds.

    A snapshot is taken while its target runs, so one look may join what was never true at
    one time. Ids of holds and waits are never used again: what has the same id in two
    looks was there all the time between them. Each detector puts into `evidence` just what
    must still be there for its finding to hold, so that one rule serves all kinds:

    - deadlock: every hold and wait of the ring; self-deadlock: the wait and the hold;
    - blocked-by-pending-writer: the writer's wait; stall: the longest wait (others may join
      the queue, but if the first of them got the lock, it moves);
    - leaked-lock, long-hold: the oldest hold of the site (others may join it).

    `apart` gives the agent, which looks four times a second for holds left behind, the time
    to tell a leak from a hold: it is the leak then, and no deadlock, that is reported. What was
    there already when the agent came was in a function that ran, so `apart_found` is enough.

    The finding that passes is the latest one, so its message, severity and `count` (how
    many holds or waits it stands for) are of this look. One that goes and comes back
    within `forget_after` seconds is not new again.
    """

    def __init__(
        self, forget_after: float = 60.0, apart: float = 0.5, apart_found: float = 0.2
    ) -> None:
        self._forget_after_ns = round(forget_after * 1e9)
        self._apart_ns = round(apart * 1e9)
        self._apart_found_ns = round(apart_found * 1e9)
        self._taken_ns = -1
        self._seen: dict[Hashable, tuple[frozenset[int], int]] = {}
        self._told: dict[Hashable, tuple[int, int]] = {}  # when, and the worst rank of severity
        self._latest = Confirmed()

    def look(self, snapshot: Snapshot, findings: Iterable[Finding]) -> Confirmed:
        """Compare the findings of `snapshot` with those of the look before.

        The same snapshot twice is one look: it changes nothing, and nothing is new.
        """
        if snapshot.taken_ns <= self._taken_ns:
            return Confirmed(self._latest.findings)
        current: dict[Hashable, Finding] = {}
        for finding in findings:
            current.setdefault(_identity(finding), finding)
        self._see(snapshot.taken_ns, current)
        found = {hold.id for hold in snapshot.holds if hold.found}
        found |= {wait.id for wait in snapshot.waits if wait.found}
        confirmed = {
            identity: finding
            for identity, finding in current.items()
            if finding.kind in _FOR_GOOD
            or snapshot.taken_ns - self._seen[identity][1] >= self._apart(finding, found)
        }
        new = tuple(finding for key, finding in confirmed.items() if key not in self._told)
        worse = tuple(
            finding
            for key, finding in confirmed.items()
            if key in self._told and finding.severity.rank < self._told[key][1]
        )
        self._tell(snapshot.taken_ns, confirmed)
        self._latest = Confirmed(tuple(confirmed.values()), new, worse)
        return self._latest

    def _apart(self, finding: Finding, found: set[int]) -> int:
        return self._apart_found_ns if finding.evidence <= found else self._apart_ns

    def _see(self, now_ns: int, current: dict[Hashable, Finding]) -> None:
        """Note since when each finding has had the evidence it has."""
        self._taken_ns = now_ns
        before, self._seen = self._seen, {}
        for identity, finding in current.items():
            evidence, since_ns = before.get(identity, (None, now_ns))
            since_ns = since_ns if evidence == finding.evidence else now_ns
            self._seen[identity] = (finding.evidence, since_ns)

    def _tell(self, now_ns: int, confirmed: dict[Hashable, Finding]) -> None:
        for key, finding in confirmed.items():
            _, worst = self._told.get(key, (now_ns, finding.severity.rank))
            self._told[key] = (now_ns, min(worst, finding.severity.rank))
        horizon = now_ns - self._forget_after_ns
        self._told = {key: told for key, told in self._told.items() if told[0] >= horizon}


def _identity(finding: Finding) -> Hashable:
    """What makes two findings the same one: the holders of a waited-for lock may change."""
    return (finding.kind, finding.locks) if finding.kind in _ONE_PER_LOCK else finding.key
