"""What becomes of the holds and waits of the first picture when the program goes on."""

from __future__ import annotations

import pytest

from tests.agent.arrival.conftest import PYTHONS
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import interpreters, observed, running, until

pytestmark = NEEDS_C_CORE


@pytest.mark.parametrize("version", PYTHONS)
def test_they_end_and_nothing_bogus_is_left(version: str) -> None:
    python = interpreters()[version]
    with (
        running("late", "stall:nested", python=python, trace=False) as target,
        observed(target) as session,
    ):
        target.expect("ready")
        assert len(session.poll(0).snapshot.holds) == 2
        target.tell("go on")
        view = until(session, lambda view: not view.snapshot.holds, "the releases")
        target.tell("take")
        target.expect("taken")
        view = until(session, lambda view: not view.snapshot.waits, "the end of all waits")
        assert all(lock.foreign_releases == 0 for lock in view.snapshot.locks.values())
        assert view.findings == ()
        assert view.snapshot.faults == 0


@pytest.mark.parametrize("version", PYTHONS)
def test_who_gets_a_lock_that_he_waited_for_holds_it(version: str) -> None:
    python = interpreters()[version]
    with (
        running("late", "handover", python=python, trace=False) as target,
        observed(target) as session,
    ):
        until(session, lambda view: len(view.snapshot.waits) >= 1, "the wait")
        target.tell("go on")
        view = until(
            session,
            lambda view: any(
                view.snapshot.actors[hold.actor].name == "waiter" for hold in view.snapshot.holds
            ),
            "the waiter's hold",
        )
        [hold] = view.snapshot.holds
        assert hold.site is not None
        assert hold.site.function == "want_for_long"
        target.tell("let go")
        until(session, lambda view: not view.snapshot.holds, "the release")
