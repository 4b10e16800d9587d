"""What is wrong between processes: the ordinary detectors, asked about all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from locktrace.diagnose import Confirmer, Thresholds, diagnose, diagnose_end
from locktrace.family.joining import Joint, Part, join
from locktrace.family.reasons import is_reason
from locktrace.family.remains import WITHOUT
from locktrace.model import Certainty, Finding, Snapshot
from locktrace.session import is_stall
from locktrace.snapshots import kinds
from locktrace.suppression import Suppressions
from locktrace.wording import listing

BETWEEN = frozenset({"deadlock", "executor-starvation", "lock-order-inversion"})
"""Kinds that several processes must have a part in; what one has done alone, its own session
tells."""

RINGS = frozenset({"deadlock", "executor-starvation"})
"""Those of them in which nothing can move any more."""

OF_ALL = frozenset({"held-while-blocking", "stall"})
"""Kinds that only a look at all processes can tell right: who waits, and who holds."""

_SUSPICIONS = {"stall": ", and may have held it", "lost-wakeup": ""}
"""Kinds of which a process that was killed may be the reason, and what it may have done."""

APART_S = 0.25  # between two looks


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look has confirmed; `stalled` if something new among it is a stall."""

    joint: Joint
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    stalled: bool = False


class FamilyDiagnosis:
    """Asked with all processes again and again, it looks when that may tell something new."""

    def __init__(self, thresholds: Thresholds, suppressions: Suppressions) -> None:
        self._thresholds = thresholds
        self._suppressions = suppressions
        self.suppressed: tuple[Finding, ...] = ()
        """Those of the last look that the project does not want told."""
        self._confirmer = Confirmer()
        self._heard: dict[int, int] = {}
        self._looked_ns = 0
        self._findings: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of the last look."""
        return self._findings

    def is_due(self, snapshots: Mapping[int, Snapshot]) -> bool:
        """Whether it is time to look at the living processes, by number: there is a reason, or was
        one at the last look, and everybody has given word since."""
        now_ns = max((each.taken_ns for each in snapshots.values()), default=0)
        if now_ns - self._looked_ns < APART_S * 1e9:
            return False
        known = self._findings or self.suppressed
        if not known and not is_reason(snapshots.values(), self._thresholds.stall_after / 2):
            return False
        silent_ns = round(self._thresholds.unresponsive_after * 1e9)
        return all(
            each.heard_ns > self._heard.get(number, 0)
            or now_ns - each.heard_ns > silent_ns  # it is stopped: nothing moves in it
            for number, each in snapshots.items()
        )

    def look(self, joint: Joint, parts: Iterable[Part]) -> Verdict:
        """The findings between processes in `joint`, which is of `parts`."""
        snapshot = joint.snapshot
        self._looked_ns = snapshot.taken_ns
        parts = list(parts)
        self._heard = {part.number: part.snapshot.heard_ns for part in parts}
        found = [
            _with_suspects(finding, joint, parts)
            for finding in diagnose(snapshot, self._thresholds)
            if is_of_several(finding, joint)
        ]
        confirmed = self._confirmer.look(snapshot, found)
        told, self.suppressed = self._suppressions.sift(snapshot, confirmed.findings)
        self._findings = told
        new = {finding.key for finding in confirmed.new if is_stall(finding)}
        return Verdict(joint, told, self.suppressed, any(f.key in new for f in told))


def diagnose_ended(
    parts: Sequence[Part], thresholds: Thresholds
) -> tuple[Joint, tuple[Finding, ...]]:
    """What the last pictures of all show together, once nothing moves any more."""
    joint = join(parts)
    found = diagnose_end(joint.snapshot, thresholds)
    return joint, tuple(f for f in found if f.kind in BETWEEN and is_of_several(f, joint))


def diagnose_standing(
    parts: Sequence[Part], thresholds: Thresholds
) -> tuple[Joint, tuple[Finding, ...]]:
    """The rings between processes that one look shows, for when there can be no second.

    Each wait in them has lasted for `deadlock_after` at least, in pictures of one moment.
    """
    joint = join(parts)
    found = diagnose(joint.snapshot, thresholds)
    return joint, tuple(f for f in found if f.kind in RINGS and is_of_several(f, joint))


def is_of_several(finding: Finding, joint: Joint) -> bool:
    """Whether it is told of the family, and not of the one process that it is about."""
    snapshot = joint.snapshot
    if finding.kind == "lost-wakeup":  # whoever could tell may have gone without a trace
        return any(_is_known_to_all(snapshot, lock) for lock in finding.locks)
    shared = any(lock in joint.shared for lock in finding.locks)
    if finding.kind in OF_ALL:
        return shared
    if finding.kind == "leaked-lock":
        return shared and _is_left_by_the_dead(finding, snapshot)
    joined = any(_is_process(snapshot, lock) for lock in finding.locks)
    members = {member for id in finding.actors for member in joint.members_of(id)}
    return finding.kind in BETWEEN and (shared or joined) and len(members) > 1


def _is_left_by_the_dead(finding: Finding, snapshot: Snapshot) -> bool:
    """Whether a process has ended with it, and somebody waits: so it is true that it is taken.

    While nobody waits, another process may have released it, and nobody can say.
    """
    fates = [snapshot.actors[id].fate for id in finding.actors if id in snapshot.actors]
    wanted = any(wait.lock in finding.locks for wait in snapshot.waits)
    return any(fates) and wanted


def _is_known_to_all(snapshot: Snapshot, lock: int) -> bool:
    """Whether the operating system has a name for it, so that another process may have it too."""
    known = snapshot.locks.get(lock)
    return known is not None and bool(known.os_id)


def _is_process(snapshot: Snapshot, lock: int) -> bool:
    known = snapshot.locks.get(lock)
    return known is not None and kinds.is_process(known)


def _with_suspects(finding: Finding, joint: Joint, parts: Iterable[Part]) -> Finding:
    """A wait that nobody is known to end, with those who may have ended instead."""
    if finding.kind not in _SUSPICIONS or finding.certainty is not Certainty.UNKNOWN:
        return finding
    sharers = {number for lock in finding.locks for number in joint.members_of(lock)}
    suspects = [str(p.process.pid) for p in parts if p.fate == WITHOUT and p.number in sharers]
    if not suspects:
        return finding
    those = "that process has" if len(suspects) == 1 else "they have"
    told = f"It was shared with process {listing(suspects)}: {those} ended without a goodbye"
    return replace(finding, message=f"{finding.message} {told}{_SUSPICIONS[finding.kind]}.")
