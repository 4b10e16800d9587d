"""A test that hangs: who blocks whom."""

from __future__ import annotations

from locktrace.diagnose import Thresholds
from locktrace.errors import LocktraceError
from locktrace.model import Finding, Snapshot
from locktrace.session import is_stall
from locktrace.testing.looks import Looks
from locktrace.testing.verdict import LEAK, report
from locktrace.testing.witness import Witness, present_stacks

OVERDUE = Thresholds(stall_after=0.5, deadlock_after=0.5, leak_after=0.5)
"""For a test that somebody else's time-out has declared hung: what it waits for is a stall."""


def who_blocks_whom(witness: Witness) -> str:
    """The report of this moment, after two looks; empty if no wait explains a hang."""
    try:
        view, found = Looks(witness, OVERDUE).settle()
    except LocktraceError:
        return ""
    return told(witness, view.snapshot, found)


def told(witness: Witness, snapshot: Snapshot, findings: tuple[Finding, ...]) -> str:
    """What stands still, with present stacks, and the leaks by which it does."""
    findings = witness.sift(snapshot, findings)
    stalls = sorted(filter(is_stall, findings), key=lambda f: f.kind == "stall")
    if not stalls:
        return ""
    witness.first_told(stalls)  # so that the test's end does not tell it again
    concerned = {lock for finding in stalls for lock in finding.locks}
    leaks = tuple(f for f in findings if f.kind == LEAK and concerned & set(f.locks))
    return report(snapshot, (*stalls, *leaks), present_stacks())
