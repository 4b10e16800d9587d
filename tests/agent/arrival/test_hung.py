"""A process that hung in several ways before the agent came is told of as if it had been there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from locktrace.diagnose import Thresholds
from locktrace.view import View
from tests.agent.arrival.conftest import PYTHONS
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import interpreters, observed, running, until

pytestmark = NEEDS_C_CORE

SOON = Thresholds(stall_after=0.2, deadlock_after=0.2)
KINDS = {"deadlock", "executor-starvation", "self-deadlock"}


def results(view: View) -> list[str]:
    """The kinds of those holds that are work for a pool."""
    kinds = [view.snapshot.locks[hold.lock].kind for hold in view.snapshot.holds]
    return [kind for kind in kinds if kind in ("Executor", "Future")]


@pytest.fixture(scope="module", params=PYTHONS)
def views(request: pytest.FixtureRequest) -> Iterator[tuple[View, View]]:
    """When all is found; and when the worker that can go on has."""
    with (
        running("late", "hung", python=interpreters()[request.param], trace=False) as target,
        observed(target, SOON) as session,
    ):
        found = until(session, lambda view: {f.kind for f in view.findings} >= KINDS)
        target.tell("go on")
        yield found, until(session, lambda view: len(results(view)) < 4, "the end of the work")


def message(view: View, kind: str) -> str:
    return next(finding.message for finding in view.findings if finding.kind == kind)


def test_a_pool_that_waits_for_what_is_queued_in_it(views: tuple[View, View]) -> None:
    told = message(views[0], "executor-starvation")
    assert told.startswith("The pool starved waits for itself: its only worker waits, starved_0 ")
    assert "in outer (late.py:" in told


def test_an_import_that_waits_for_who_imports_the_same(views: tuple[View, View]) -> None:
    told = message(views[0], "deadlock")
    assert "import_ring holds ring_module's import lock, taken in import_ring (late.py:" in told
    assert "plugin, which has to end first, waits for ring_module's import lock in load" in told


def test_a_lock_that_a_task_keeps_across_an_await(views: tuple[View, View]) -> None:
    told = message(views[0], "self-deadlock")
    assert "serve waits for Server.table_lock in keep_across_an_await (late.py:" in told
    assert "With it the event loop and all its tasks stand still." in told


def test_a_worker_has_its_work_until_that_is_done(views: tuple[View, View]) -> None:
    before, after = map(results, views)  # that of the pool `kept` cannot be asked for its end
    assert sorted(before) == ["Executor", "Executor", "Future", "Future"]
    assert sorted(after) == ["Executor", "Future"]
