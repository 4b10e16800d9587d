"""How the C core traces `multiprocessing`'s locks, between processes."""

from __future__ import annotations

import os
import signal

from locktrace.errors import NotTracedError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import (
    PATIENCE_S,
    eventually,
    observed,
    running,
    until,
)

pytestmark = NEEDS_C_CORE


def test_holder_and_waiter_in_two_processes_name_one_lock_of_the_system() -> None:
    with running("shared_lock", LOCKTRACE_CORE="c") as parent:
        child_pid = int(parent.read())
        try:
            child = eventually(lambda: attached(child_pid), "the child's agent")
            waiting = until(child, lambda view: bool(view.snapshot.waits), "its wait").snapshot
            child.close()
            with observed(parent) as session:
                holding = session.poll(0).snapshot
        finally:
            os.kill(child_pid, signal.SIGKILL)
    wanted = [waiting.locks[wait.lock] for wait in waiting.waits]
    held = [holding.locks[hold.lock] for hold in holding.holds]
    assert [(lock.kind, lock.name) for lock in held] == [("multiprocessing.Lock", "main.lock")]
    assert [lock.os_name for lock in wanted] == [lock.os_name for lock in held]
    assert held[0].os_name.startswith("/mp-")
    assert waiting.holds == ()


def attached(pid: int) -> Session | None:
    """A session on that process, its first ledger there; None while it has no agent."""
    try:
        session = Session(AgentSource(connect(pid), pid))
    except NotTracedError:
        return None
    session.settle(PATIENCE_S)
    return session
