"""What is found out from the very first picture of a process that hangs already."""

from __future__ import annotations

import pytest

from locktrace.diagnose import Thresholds
from locktrace.model import Certainty, Finding
from tests.agent.arrival.conftest import PYTHONS
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import interpreters, observed, running, until

pytestmark = NEEDS_C_CORE

SOON = Thresholds(stall_after=0.2, deadlock_after=0.2)


def found(scene: str, version: str) -> list[Finding]:
    """The findings of a scene, once there are any."""
    with (
        running("late", scene, python=interpreters()[version], trace=False) as target,
        observed(target, SOON) as session,
    ):
        return list(until(session, lambda view: bool(view.findings), "a finding").findings)


@pytest.mark.parametrize("version", PYTHONS)
def test_a_deadlock_of_before_is_named_with_locks_and_lines(version: str) -> None:
    [finding] = found("deadlock", version)
    assert (finding.kind, finding.certainty) == ("deadlock", Certainty.HELD_BY)
    for words in ("Server.table_lock", "Server.stats_lock", "writer", "reporter"):
        assert words in finding.message


@pytest.mark.parametrize("version", PYTHONS)
def test_a_stall_of_before_names_the_holder_and_that_it_is_older_than_the_agent(
    version: str,
) -> None:
    [finding] = found("stall:with_lock", version)
    assert (finding.kind, finding.certainty) == ("stall", Certainty.HELD_BY)
    assert "held by with_lock, who took it over" in finding.message


@pytest.mark.parametrize("version", PYTHONS)
def test_a_stall_behind_a_bare_acquire_has_a_likely_holder(version: str) -> None:
    [finding] = found("stall:bare", version)
    assert (finding.kind, finding.certainty) == ("stall", Certainty.LIKELY)
    assert "likely held by bare" in finding.message


@pytest.mark.parametrize("version", PYTHONS)
def test_who_took_a_lock_in_a_function_that_has_returned_is_not_guessed(version: str) -> None:
    [finding] = found("stall:taken_away", version)
    assert (finding.kind, finding.certainty) == ("stall", Certainty.UNKNOWN)
    assert "the code takes it in Server.bare (late.py:" in finding.message


@pytest.mark.parametrize("version", PYTHONS)
def test_a_thread_that_waits_for_its_own_lock_is_a_self_deadlock(version: str) -> None:
    [finding] = found("twice", version)
    assert (finding.kind, finding.certainty) == ("self-deadlock", Certainty.HELD_BY)
