"""Asyncio's primitives, with tasks as actors."""

from __future__ import annotations

import pytest

from tests.agent.ledgers import holds, waits
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def test_tasks_hold_and_wait_and_are_actors_of_their_own(python: str) -> None:
    with running("tasks_and_locks", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(session, lambda v: len(waits(v.snapshot)) >= 11)
            snapshot = view.snapshot
            of_tasks = {
                (actor.partition(" ")[0], kind, name)
                for actor, kind, name in waits(snapshot)
                if kind.startswith("asyncio.")
            }
            assert of_tasks == {
                ("want_lock", "asyncio.Lock", "Server.lock"),
                ("hurry", "asyncio.Lock", "Server.lock"),
                ("want_permit", "asyncio.Semaphore", "Server.permits"),
                ("await_change", "asyncio.Condition", "Server.changed"),
                ("await_ready", "asyncio.Event", "Server.ready"),
                ("put", "asyncio.Queue", "Server.full"),
                ("get", "asyncio.Queue", "Server.empty"),
                ("join", "asyncio.Queue", "Server.full"),
                ("join", "asyncio.Event", "Server.full._finished"),
                ("meet", "asyncio.Barrier", "Server.meeting"),
                ("meet", "asyncio.Condition", "Server.meeting._cond"),
            }
            assert {actor for actor, _, _ in holds(snapshot, "asyncio.Lock")} == {
                "hold (Server.hold)"
            }
            hold = snapshot.actors[snapshot.holds[0].actor]
            assert (hold.kind, hold.native_id) == ("task", target.pid)
            [waiting] = [w for w in snapshot.waits if snapshot.locks[w.lock].name == "Server.ready"]
            assert [site.function for site in waiting.stack] == ["Server.await_ready"]
            target.tell("on")
            target.expect("done False False")
            view = until(session, lambda v: not holds(v.snapshot, "asyncio.Lock"))
            assert not any(kind.startswith("asyncio") for _, kind, _ in waits(view.snapshot))
            assert [finding.kind for finding in view.findings] == []
            target.tell("on")
