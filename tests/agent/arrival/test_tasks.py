"""What asyncio's tasks have held and awaited since before the agent came."""

from __future__ import annotations

import pytest

from locktrace.cli.observing import observe
from locktrace.observe.detach import detach
from tests.agent.arrival.conftest import PYTHONS
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import PATIENCE_S, interpreters, observed, running, until

pytestmark = NEEDS_C_CORE


@pytest.mark.parametrize("version", PYTHONS)
def test_the_task_that_holds_a_lock_and_the_one_that_awaits_it_are_named(version: str) -> None:
    with (
        running("late", "tasks", python=interpreters()[version], trace=False) as target,
        observed(target) as session,
    ):
        target.expect("ready")
        snapshot = session.poll(0).snapshot
        [lock] = [lock for lock in snapshot.locks.values() if lock.kind == "asyncio.Lock"]
        [hold] = [hold for hold in snapshot.holds if hold.lock == lock.id]
        [wait] = [wait for wait in snapshot.waits if wait.lock == lock.id]
        assert lock.name == "Server.turn"
        assert snapshot.actors[hold.actor].name == "holder (hold_for_long)"
        assert snapshot.actors[wait.actor].name == "waiter (hold_for_long)"
        assert hold.found
        assert wait.found
        target.tell("go on")
        view = until(session, lambda view: not view.snapshot.holds, "the releases")
        assert all(lock.foreign_releases == 0 for lock in view.snapshot.locks.values())


@pytest.mark.parametrize("version", PYTHONS)
def test_after_a_detach_and_another_attach_no_task_waits_twice(version: str) -> None:
    with running("late", "tasks", python=interpreters()[version], trace=False) as target:
        target.expect("ready")
        detach(target.pid)
        session = observe(target.pid, keep=False, tell=False)
        try:
            snapshot = session.settle(PATIENCE_S).snapshot
        finally:
            session.close()
        names = [snapshot.actors[wait.actor].name for wait in snapshot.waits]
        assert names.count("waiter (hold_for_long)") == 1
        target.tell("go on")
