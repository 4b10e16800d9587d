"""What is to be said of a test at its end: the locks it left held, the findings it made."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePath

from locktrace.diagnose import severest_first
from locktrace.model import (
    Certainty,
    Finding,
    Hold,
    RoleSite,
    Severity,
    Snapshot,
    Stack,
    StallSnapshot,
    ThreadStack,
)
from locktrace.session import is_stall
from locktrace.snapshots.kinds import is_ordered
from locktrace.snapshots.report import render_findings
from locktrace.testing.looks import Looks, is_hang
from locktrace.testing.witness import Beginning, Witness, held
from locktrace.wording import listing, lock_name, place, who

LEAK = "leaked-lock"
INVERSION = "lock-order-inversion"
_RUNNERS = frozenset({"_pytest", "pluggy", "pytest_asyncio", "unittest"})
"""Folders of those who call tests."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which findings fail a test: errors and inversions, and besides those of kinds `fail_on`
    whatever their severity; never those of kinds in `ignore`."""

    fail_on: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()

    def counts(self, snapshot: Snapshot, finding: Finding) -> bool:
        """Leaks apart: they are judged by what is held."""
        if finding.kind in self.ignore or finding.kind == LEAK:
            return False
        if is_stall(finding) and not is_hang(snapshot, finding):
            return finding.kind in self.fail_on
        if finding.kind in self.fail_on or finding.severity is Severity.ERROR:
            return True
        return finding.kind == INVERSION and finding.severity is not Severity.INFO


@dataclass(frozen=True, slots=True)
class Verdict:
    """`leaks` are of locks left held, `findings` all others that count."""

    snapshot: Snapshot
    leaks: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(
        cls,
        witness: Witness,
        before: Beginning,
        rule: Rule | None = None,
        innocent: Container[int] = frozenset(),
    ) -> Verdict:
        """What has been since `before`; the holds in `innocent` are by design."""
        rule = rule or Rule()
        # A ring that a test leaves behind is none of the next one's, so its age does not count.
        at_end = replace(witness.thresholds, deadlock_after=0.0)
        view, confirmed = Looks(witness, at_end).settle(before.at_ns)
        left: list[Hold] = []
        if LEAK not in rule.ignore and not held() <= before.holds:
            view, left = witness.left(before.holds)
        gone = witness.orphans(view.snapshot, before.at_ns) if LEAK not in rule.ignore else []
        leaks = [
            _leak(view.snapshot, hold, is_gone)
            for holds, is_gone in ((left, False), (gone, True))
            for hold in holds
            if hold.id not in innocent and not _is_handed_over(view.snapshot, hold)
        ]
        made = [
            finding
            for finding in witness.first_told((*view.findings, *view.suppressed, *confirmed))
            if finding.since_ns >= before.at_ns and rule.counts(view.snapshot, finding)
        ]
        told_leaks = witness.sift(view.snapshot, severest_first(leaks))
        return cls(view.snapshot, told_leaks, witness.sift(view.snapshot, severest_first(made)))

    @property
    def holds(self) -> frozenset[int]:
        """The ids of what was left held."""
        return frozenset().union(*(leak.evidence for leak in self.leaks))

    def __bool__(self) -> bool:
        return bool(self.leaks or self.findings)

    def report(self) -> str:
        """A sentence, then the findings as a report shows them."""
        said = []
        if self.leaks:
            names = dict.fromkeys(lock_name(self.snapshot, leak.locks[0]) for leak in self.leaks)
            said.append(f"left held: {listing(list(names))}")
        if self.findings:
            kinds = dict.fromkeys(finding.kind for finding in self.findings)
            said.append(f"made a finding: {listing(list(kinds))}")
        findings = report(self.snapshot, (*self.leaks, *self.findings))
        return f"the test {'; '.join(said)}\n\n{findings}"


def report(
    snapshot: Snapshot, findings: tuple[Finding, ...], threads: tuple[ThreadStack, ...] = ()
) -> str:
    """`findings` with their stacks and source lines, as far as the test runner's frames."""
    tests_own = replace(
        snapshot,
        holds=tuple(replace(hold, stack=_without_runner(hold.stack)) for hold in snapshot.holds),
        waits=tuple(replace(wait, stack=_without_runner(wait.stack)) for wait in snapshot.waits),
    )
    told = tuple(
        replace(f, past=tuple(replace(h, stack=_without_runner(h.stack)) for h in f.past))
        for f in findings
    )
    present = tuple(replace(t, frames=_without_runner(t.frames)) for t in threads)
    return render_findings(StallSnapshot("", tests_own, told, present))


def _without_runner(stack: Stack) -> Stack:
    """`stack` up to where the test runner has called the test."""
    frames = takewhile(lambda site: not _RUNNERS & set(PurePath(site.file).parts[-2:-1]), stack)
    return tuple(frames) or stack


def _is_handed_over(snapshot: Snapshot, hold: Hold) -> bool:
    """A semaphore's permit is nobody's, nor is a pool's worker or a queue's task; and some locks
    are released by others by design."""
    lock = snapshot.locks.get(hold.lock) or snapshot.history.names[hold.lock]
    return not is_ordered(lock) or lock.foreign_releases > 0


def _leak(snapshot: Snapshot, hold: Hold, is_gone: bool) -> Finding:
    """Of a lock that is there still, or that was destroyed while it was held."""
    still = "was destroyed while it was held" if is_gone else "is still held"
    where = f" in {hold.site.function}" if hold.site else ""
    return Finding(
        kind=LEAK,
        severity=Severity.ERROR,
        certainty=Certainty.HELD_BY,
        message=(
            f"{lock_name(snapshot, hold.lock)} {still} ({hold.mode}), taken at "
            f"{place(hold.site)}{where} by {who(snapshot, hold.actor)}"
        ),
        locks=(hold.lock,),
        sites=(RoleSite(hold.site, "holder"),) if hold.site else (),
        actors=(hold.actor,),
        since_ns=hold.since_ns,
        evidence=frozenset({hold.id}),
        past=(hold,) if is_gone else (),
    )
