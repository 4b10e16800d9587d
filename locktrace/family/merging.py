"""Several processes' views as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from locktrace.diagnose import severest_first
from locktrace.family.apart import Apart
from locktrace.family.joining import Joint
from locktrace.model import Finding, StallSnapshot
from locktrace.view import Member, View


def merged(
    views: Sequence[tuple[Member, Apart, View]],
    joint: Joint,
    between: Iterable[Finding] = (),
    stalls: Iterable[StallSnapshot] = (),
    suppressed: Iterable[Finding] = (),
) -> View:
    """One view of all, `joint` being of their snapshots; at least one view is needed.

    `between` are the findings in which several have a part, `stalls` what was taken of such.
    What both they and a process itself tell of a lock is told once. `suppressed` are more of
    `between`, which the project does not want told.
    """
    lead = views[0][2]
    between = list(between)
    told = {(finding.kind, finding.locks) for finding in between}
    explained = {lock for finding in between for lock in finding.locks}

    def own(findings_of: Callable[[View], tuple[Finding, ...]]) -> list[Finding]:
        return [
            _told_apart(apart.finding(finding), member, joint, alone=len(views) == 1)
            for member, apart, view in views
            for finding in findings_of(view)
        ]

    fresh = (
        finding
        for finding in own(lambda view: view.findings)
        if (finding.kind, finding.locks) not in told and not _is_slight(finding, explained)
    )
    found = [*between, *fresh]
    taken = [stall for _, _, view in views for stall in view.stalls]
    return View(
        snapshot=joint.snapshot,
        findings=severest_first(found),
        stalls=tuple(sorted([*taken, *stalls], key=lambda stall: stall.snapshot.taken_ns)),
        ended=lead.ended if all(view.ended is not None for _, _, view in views) else None,
        finished=all(view.finished for _, _, view in views),
        members=tuple(member for member, _, _ in views),
        shared=joint.shared,
        suppressed=(*suppressed, *own(lambda view: view.suppressed)),
    )


def _told_apart(finding: Finding, member: Member, joint: Joint, alone: bool) -> Finding:
    """`finding` with the process in its sentence, and locks that are shared as the one they are."""
    if alone:
        return finding
    return replace(
        finding,
        message=f"pid {member.process.pid}: {finding.message}",
        locks=tuple(joint.ids.get(lock, lock) for lock in finding.locks),
    )


def _is_slight(finding: Finding, explained: set[int]) -> bool:
    """Whether it says no more than that a lock is held for long of which the reason is told."""
    return finding.kind == "long-hold" and explained.issuperset(finding.locks)
