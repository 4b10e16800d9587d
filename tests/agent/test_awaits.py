"""Tasks that await tasks, and what other threads do for them, are in the ledger."""

from __future__ import annotations

import pytest

from locktrace.model import Snapshot
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def awaits(snapshot: Snapshot) -> set[tuple[str, str, frozenset[str]]]:
    """(who, kind, by whom it is held) of what tasks wait for, and threads for tasks."""
    names = {id: actor.name.partition(" ")[0] for id, actor in snapshot.actors.items()}
    found = set()
    for wait in snapshot.waits:
        kind = snapshot.locks[wait.lock].kind
        holders = {names[hold.actor] for hold in snapshot.holds if hold.lock == wait.lock}
        if kind in {"asyncio.Task", "asyncio.Tasks", "Future"}:
            found.add((names[wait.actor], kind, frozenset(map(_short, holders))))
    return found


def held_kinds(snapshot: Snapshot) -> set[str]:
    return {snapshot.locks[hold.lock].kind for hold in snapshot.holds}


def _short(name: str) -> str:
    return "a task" if name.startswith("Task-") else name


def test_each_way_to_await_a_task_is_a_wait_for_it_until_it_is_over(python: str) -> None:
    expected = {
        ("direct", "asyncio.Task", frozenset({"base-direct"})),
        ("gathered", "asyncio.Tasks", frozenset({"base-gathered", "a task"})),
        ("grouped", "asyncio.Tasks", frozenset({"base-grouped"})),
        ("shielded", "asyncio.Tasks", frozenset({"base-shielded"})),
        ("waited", "asyncio.Tasks", frozenset({"base-waited"})),
        ("pooled", "Future", frozenset({"pool_0"})),
        ("asker", "Future", frozenset({"a task"})),
    }
    with running("tasks_await", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(session, lambda v: expected <= awaits(v.snapshot))
            waiting = {who for who, _, _ in awaits(view.snapshot)}
            assert not waiting & {"hurried", "limited"}  # they have a time-out
            (direct,) = [
                wait
                for wait in view.snapshot.waits
                if view.snapshot.actors[wait.actor].name.startswith("direct")
            ]
            assert direct.stack[0].function == "direct"
            assert view.snapshot.locks[direct.lock].name == "base-direct (work)"
            target.tell("on")
            target.expect("over")
            view = until(
                session,
                lambda v: (
                    not {w for w, _, _ in awaits(v.snapshot)} & {"direct", "asker"}
                    and not held_kinds(v.snapshot) & {"asyncio.Task", "asyncio.Tasks"}
                ),
                "the end of all awaits",
            )
            assert view.snapshot.faults == 0
            target.tell("on")
            code, _, errors = target.finish()
            assert (code, errors) == (0, "")
