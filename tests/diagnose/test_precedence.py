"""Of findings that tell of the same lock, one after the other, the one that says why is kept."""

from __future__ import annotations

import pytest

from locktrace.diagnose.precedence import is_repeated, take_in
from locktrace.model import Certainty, Finding, Severity

WARNING, INFO = Severity.WARNING, Severity.INFO


def finding(kind: str, *locks: int, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(kind, severity, Certainty.HELD_BY, "…", locks)


def kept(*found: Finding) -> list[str]:
    told: dict[tuple[object, ...], Finding] = {}
    for each in found:
        take_in(told, [each])
    return [each.kind for each in told.values()]


@pytest.mark.parametrize(
    ("early", "later"),
    [
        ("stall", "deadlock"),
        ("held-while-blocking", "stall"),
        ("held-while-blocking", "lost-wakeup"),
        ("writer-starvation", "deadlock"),
        ("event-loop-blocked", "self-deadlock"),
    ],
)
def test_what_is_seen_first_gives_way_to_what_explains_it(early: str, later: str) -> None:
    assert kept(finding(early, 1, severity=WARNING), finding(later, 2, 1)) == [later]


def test_what_was_told_of_another_lock_stays() -> None:
    assert kept(finding("stall", 1), finding("deadlock", 2, 3)) == ["stall", "deadlock"]


def test_what_is_over_stays() -> None:
    past = finding("held-while-blocking", 1, severity=INFO)
    assert kept(past, finding("stall", 1)) == ["held-while-blocking", "stall"]


def test_a_leak_and_what_it_does_to_those_who_wait_are_both_told() -> None:
    assert kept(finding("leaked-lock", 1), finding("stall", 1)) == ["leaked-lock", "stall"]


def test_what_is_told_of_several_processes_is_not_told_of_one_of_them_again() -> None:
    own, other = finding("leaked-lock", 1), finding("leaked-lock", 2)
    between = [finding("leaked-lock", 1), finding("stall", 1)]
    assert is_repeated(own, between)
    assert not is_repeated(other, between)
