"""A second look before anything is said, and each thing said once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from locktrace.diagnose import pending_writer, stall
from locktrace.model import Finding, Snapshot

_ONE_PER_LOCK = frozenset({pending_writer.KIND, stall.KIND})


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What may be told after a look, in the order given, and what of it was not told before."""

    findings: tuple[Finding, ...] = ()
    new: tuple[Finding, ...] = ()


class Confirmer:
    """Lets a finding pass when two looks in a row had it with the same evidence.

    A snapshot is taken while its target runs, so one look may join what was never true at
    one time. Ids of holds and waits are never used again: what has the same id in two
    looks was there all the time between them. Each detector puts into `evidence` just what
    must still be there for its finding to hold, so that one rule serves all kinds:

    - deadlock: every hold and wait of the ring; self-deadlock: the wait and the hold;
    - blocked-by-pending-writer: the writer's wait; stall: the longest wait (others may join
      the queue, but if the first of them got the lock, it moves);
    - leaked-lock, long-hold: the oldest hold of the site (others may join it).

    The finding that passes is the latest one, so its message, severity and `count` (how
    many holds or waits it stands for) are of this look. One that goes and comes back
    within `forget_after` seconds is not new again.
    """

    def __init__(self, forget_after: float = 60.0) -> None:
        self._forget_after_ns = round(forget_after * 1e9)
        self._taken_ns = -1
        self._evidence: dict[Hashable, frozenset[int]] = {}
        self._told_ns: dict[Hashable, int] = {}
        self._latest = Confirmed()

    def look(self, snapshot: Snapshot, findings: Iterable[Finding]) -> Confirmed:
        """Compare the findings of `snapshot` with those of the look before.

        The same snapshot twice is one look: it changes nothing, and nothing is new.
        """
        if snapshot.taken_ns <= self._taken_ns:
            return Confirmed(self._latest.findings)
        seen: dict[Hashable, Finding] = {}
        for finding in findings:
            seen.setdefault(_identity(finding), finding)
        confirmed = {
            identity: finding
            for identity, finding in seen.items()
            if self._evidence.get(identity) == finding.evidence
        }
        new = tuple(finding for key, finding in confirmed.items() if key not in self._told_ns)
        self._remember(snapshot.taken_ns, seen, confirmed)
        self._latest = Confirmed(tuple(confirmed.values()), new)
        return self._latest

    def _remember(
        self, now_ns: int, seen: dict[Hashable, Finding], confirmed: dict[Hashable, Finding]
    ) -> None:
        self._taken_ns = now_ns
        self._evidence = {identity: finding.evidence for identity, finding in seen.items()}
        self._told_ns.update(dict.fromkeys(confirmed, now_ns))
        horizon = now_ns - self._forget_after_ns
        self._told_ns = {key: told for key, told in self._told_ns.items() if told >= horizon}


def _identity(finding: Finding) -> Hashable:
    """What makes two findings the same one: the holders of a waited-for lock may change."""
    return (finding.kind, finding.locks) if finding.kind in _ONE_PER_LOCK else finding.key
