"""The processes of a run, or of a view, taken together: whom to ask, and what they all say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from locktrace.diagnose import Thresholds
from locktrace.family.apart import own_id
from locktrace.family.diagnosis import FamilyDiagnosis, Verdict
from locktrace.family.joining import Joint, Part
from locktrace.family.reasons import all_wait, waits_for_word
from locktrace.family.remains import remains
from locktrace.launch.processes import descendants, is_python
from locktrace.model import Finding, Snapshot, StallSnapshot
from locktrace.session import Session
from locktrace.snapshots.take import snapshot_id
from locktrace.suppression import Suppressions

ASK_S = 1.0  # between two questions what everybody does
MOST_WITNESSES = 8  # processes whose present stacks one report of a stall has
MOST_REMAINS = 256  # processes that have ended whose holds are kept


class Subject(Protocol):
    """A process that is observed."""

    @property
    def number(self) -> int: ...

    @property
    def session(self) -> Session: ...


class Council:
    """At each turn it is asked whether a look `is_due`, and then has the verdict on all."""

    def __init__(self, thresholds: Thresholds, suppressions: Suppressions | None = None) -> None:
        self._thresholds = thresholds
        self._diagnosis = FamilyDiagnosis(thresholds, suppressions or Suppressions())
        self._remains: dict[int, Part] = {}
        self._asked_ns = 0
        self._complete = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of the last look."""
        return self._diagnosis.findings

    @property
    def suppressed(self) -> tuple[Finding, ...]:
        """Those that were found as well, and that the project does not want told."""
        return self._diagnosis.suppressed

    def bury(self, part: Part) -> None:
        """`part` has ended, and is not told of any more: what it held may be needed yet."""
        left = remains(part)
        if left is not None and len(self._remains) < MOST_REMAINS:
            self._remains[part.number] = left

    def with_remains(self, parts: Iterable[Part]) -> list[Part]:
        """`parts`, and what is left of others who had locks that those have."""
        present = list(parts)
        if self._remains:
            known = set(_identities(present))
            self._remains = {
                number: part
                for number, part in self._remains.items()
                if not known.isdisjoint(_identities([part]))
            }
        return [*present, *self._remains.values()]

    def is_due(self, snapshots: Mapping[int, Snapshot]) -> bool:
        """Whether it is time for another look; `snapshots` are of the living, by number."""
        return self._diagnosis.is_due(snapshots)

    def look(self, joint: Joint, parts: Sequence[Part], subjects: Iterable[Subject]) -> Verdict:
        """The verdict on `joint`, which is of `parts`, those of `subjects` among them."""
        living = list(subjects)
        self._share_out(parts, living)
        if self._is_worth_asking(joint.snapshot, parts):
            self._complete = _are_all(parts)
            for subject in living:
                subject.session.ask_what_they_do()
        joint = replace(joint, snapshot=replace(joint.snapshot, family=self._complete))
        return self._diagnosis.look(joint, parts)

    def _share_out(self, parts: Sequence[Part], subjects: Iterable[Subject]) -> None:
        """Each session leaves to us what other processes have too."""
        times = Counter(_identities(parts))
        own = {part.number: part.snapshot.locks for part in parts}
        for subject in subjects:
            locks = own.get(subject.number, {}).values()
            subject.session.leave_out(
                frozenset(own_id(lock.id) for lock in locks if times[lock.os_id] > 1)
            )

    def _is_worth_asking(self, snapshot: Snapshot, parts: Iterable[Part]) -> bool:
        """Whether it is time to ask what everybody does: what a wait to be told something is
        worth, nothing else can say."""
        if snapshot.taken_ns - self._asked_ns < ASK_S * 1e9:
            return False
        living = [part.snapshot for part in parts if not part.fate]
        patience = self._thresholds.stall_after / 2
        worth = all(map(all_wait, living)) and any(waits_for_word(s, patience) for s in living)
        self._asked_ns = snapshot.taken_ns
        self._complete = self._complete and worth
        return worth


def _are_all(parts: Sequence[Part]) -> bool:
    """Whether no Python process among the descendants of the first is missing."""
    lead = parts[0]
    there = {part.process.pid for part in parts}
    return not lead.fate and all(
        process.pid in there or not is_python(process) for process in descendants(lead.process.pid)
    )


def witnessed(verdict: Verdict, subjects: Iterable[Subject]) -> StallSnapshot:
    """A stall snapshot of a verdict, with the present stacks of those that it names."""
    joint, findings = verdict.joint, verdict.findings
    named = {number for f in findings for id in f.actors for number in joint.members_of(id)}
    witnesses = [subject for subject in subjects if subject.number in named]
    return testified(joint.snapshot, findings, witnesses[:MOST_WITNESSES])


def testified(
    snapshot: Snapshot, findings: tuple[Finding, ...], witnesses: Iterable[Subject]
) -> StallSnapshot:
    """A stall snapshot of several processes, with the present stacks of the `witnesses`."""
    taken = [each.session.take(each.session.poll(0)) for each in witnesses]
    notes = dict.fromkeys(stall.stacks_note for stall in taken if stall.stacks_note)
    sources = {stall.stacks_from for stall in taken if stall.threads}
    return StallSnapshot(
        id=snapshot_id(snapshot),
        snapshot=snapshot,
        findings=findings,
        threads=tuple(thread for stall in taken for thread in stall.threads),
        stacks_from="py-spy" if "py-spy" in sources else min(sources, default="none"),
        stacks_note=" ".join(notes),
        thresholds=taken[0].thresholds if taken else {},
    )


def concerned(snapshot: Snapshot, findings: Iterable[Finding]) -> Snapshot:
    """`snapshot` with nothing but what `findings` speak of."""
    findings = list(findings)
    named = {lock for finding in findings for lock in finding.locks}
    named |= {hold.lock for finding in findings for hold in finding.past}
    actors = {actor for finding in findings for actor in finding.actors}
    actors |= {hold.actor for finding in findings for hold in finding.past}
    holds = tuple(hold for hold in snapshot.holds if hold.lock in named)
    waits = tuple(wait for wait in snapshot.waits if wait.lock in named)
    actors |= {hold.actor for hold in holds} | {wait.actor for wait in waits}
    return replace(
        snapshot,
        locks={id: lock for id, lock in snapshot.locks.items() if id in named},
        actors={id: actor for id, actor in snapshot.actors.items() if id in actors},
        holds=holds,
        waits=waits,
        history=replace(snapshot.history, nestings=(), traffic={}, contention={}),
    )


def _identities(parts: Iterable[Part]) -> Iterable[str]:
    return (lock.os_id for p in parts for lock in p.snapshot.locks.values() if lock.os_id)
