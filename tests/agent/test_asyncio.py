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
            view = until(
                session,
                lambda v: (
                    not holds(v.snapshot, "asyncio.Lock")
                    and not any(kind.startswith("asyncio") for _, kind, _ in waits(v.snapshot))
                ),
                "the end of all holds and waits",
            )
            assert [finding.kind for finding in view.findings] == []
            target.tell("on")


def run(python: str, name: str, *arguments: str, trace: bool) -> str:
    """What a target prints; it must have nothing to complain of."""
    with running(name, *arguments, python=python, trace=trace) as target:
        code, out, errors = target.finish()
    assert (code, errors) == (0, "")
    return out


def test_cancellations_and_time_outs_come_out_as_they_would_untraced(python: str) -> None:
    traced = run(python, "asyncio_storm", "25", trace=True)
    assert traced == run(python, "asyncio_storm", "25", trace=False)


def test_what_a_finished_task_holds_is_a_leak_and_what_wait_for_took_is_not(python: str) -> None:
    with running("tasks_leak", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(session, lambda v: any(f.kind == "leaked-lock" for f in v.findings))
            snapshot = view.snapshot
            owners = {snapshot.locks[h.lock].name: snapshot.actors[h.actor] for h in snapshot.holds}
            assert owners["Store.careless"].ended
            assert owners["Store.careless"].name == "careless (careless)"
            assert not owners["Store.hurried"].ended
            assert owners["Store.hurried"].name == "hurried (hurried)"
            leaks = {snapshot.locks[lock].name for f in view.findings for lock in f.locks}
            assert leaks == {"Store.careless"}
            target.tell("on")


def test_a_thread_that_blocks_shows_which_task_runs_in_it(python: str) -> None:
    with running("loop_blocked", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(
                session,
                lambda v: (
                    ("loop", "Lock", "loop_blocked.table") in waits(v.snapshot)
                    and any(
                        actor.name == "loop" and actor.task is not None
                        for actor in v.snapshot.actors.values()
                    )
                ),
            )
            actors = view.snapshot.actors
            [loop] = [actor for actor in actors.values() if actor.name == "loop"]
            assert loop.task is not None
            task = actors[loop.task]
            assert (task.name, task.kind) == ("handler (handle)", "task")
            assert task.native_id == loop.native_id
            target.tell("on")
