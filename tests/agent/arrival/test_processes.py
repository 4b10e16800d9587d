"""Who has waited for what `multiprocessing` offers since before the agent came."""

from __future__ import annotations

import pytest

from locktrace.diagnose import Thresholds
from tests.agent.arrival.conftest import PYTHONS, waits_of
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import interpreters, observed, running, until

pytestmark = NEEDS_C_CORE


@pytest.mark.parametrize("python", PYTHONS)
def test_idle_workers_wait_for_the_queue_and_nobody_is_blamed(python: str) -> None:
    thresholds = Thresholds(stall_after=0.5)
    with running("late", "processes", python=interpreters()[python], trace=False) as target:
        target.expect("ready")
        with observed(target, thresholds) as session:
            view = until(
                session,
                lambda view: all(
                    view.snapshot.age(wait.since_ns) > 1.5 for wait in view.snapshot.waits
                ),
                "waits that would be stalls",
            )
            snapshot = view.snapshot
            kinds = {
                name: [snapshot.locks[wait.lock].kind for wait in waits_of(snapshot, name)]
                for name in ("second", "waiter", "awaiter")
            }
            assert kinds == {
                "second": ["multiprocessing.Queue"],
                "waiter": ["multiprocessing.Condition"],
                "awaiter": ["multiprocessing.Event"],
            }
            assert [finding.message for finding in view.findings] == []
