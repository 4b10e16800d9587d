"""What real programs are found to do, each by its own kind of finding."""

from __future__ import annotations

import os
import signal

import pytest

from locktrace.session import Session
from tests.support import Target, eventually, observed, running, until


def found(name: str, kind: str, python: str = "", **environ: str):
    """The finding of that kind which the piece of trouble is told by."""
    options = {"python": python} if python else {}
    with running("trouble", name, **options, **environ) as target:
        target.expect("ready")
        with observed(target) as session:
            target.tell("go")
            view = until(session, lambda v: any(f.kind == kind for f in v.findings), kind)
    return next(f for f in view.findings if f.kind == kind), view


def test_a_holder_asleep(python: str) -> None:
    finding, view = found("sleep", "held-while-blocking", python)
    assert "holder sleeps in holder (trouble.py:25) while it holds trouble.table" in finding.message
    assert view.snapshot.actors[finding.actors[0]].name == "holder"


def test_the_stall_says_what_the_holder_does() -> None:
    finding, _ = found("sleep", "stall")
    assert "and now sleeps in holder (trouble.py:25)" in finding.message


def test_a_nested_monitor() -> None:
    finding, _ = found("nested", "held-while-blocking")
    assert "waiter waits for trouble.ready" in finding.message
    assert "(nested monitor lockout)" in finding.message


def test_a_wake_up_that_came_too_early() -> None:
    finding, _ = found("lost", "lost-wakeup")
    assert "MainThread waits for trouble.ready in lost" in finding.message


@pytest.mark.parametrize("core", ["c", "py"])
def test_an_event_loop_that_waits_for_a_lock_of_threads(core: str) -> None:
    finding, _ = found("loop", "event-loop-blocked", LOCKTRACE_CORE=core)
    assert "waits for trouble.table in loop.<locals>.main" in finding.message


def test_a_pool_that_waits_for_itself() -> None:
    finding, _ = found("pool", "executor-starvation")
    assert "its only worker waits" in finding.message


def test_a_convoy() -> None:
    finding, _ = found("convoy", "convoy")
    assert finding.message.startswith("trouble.table: ")


def test_a_child_that_wants_what_a_thread_of_its_parent_held() -> None:
    with running("trouble", "forked") as target:
        target.expect("ready")
        target.tell("go")
        child = eventually(lambda: _child_of(target), "the child")
        session = Session(_source_of(child))
        try:
            kind = "held-across-fork"
            view = until(session, lambda v: any(f.kind == kind for f in v.findings), kind)
        finally:
            session.close()
            os.kill(child, signal.SIGKILL)
    [finding] = [f for f in view.findings if f.kind == kind]
    assert finding.severity == "error"
    assert "had taken the lock in holder" in finding.message


def test_healthy_workers_are_blamed_for_nothing() -> None:
    with running("trouble", "healthy") as target:
        target.expect("ready")
        with observed(target) as session:
            target.tell("go")
            for _ in range(50):
                assert session.poll(0.1).findings == ()


def _child_of(target: Target) -> int | None:
    import psutil

    children = psutil.Process(target.pid).children()
    return children[0].pid if children else None


def _source_of(pid: int):
    from locktrace.errors import LocktraceError
    from locktrace.launch.processes import connect
    from locktrace.observe.agent_source import AgentSource

    def attempt():
        try:
            return AgentSource(connect(pid), pid)
        except LocktraceError:
            return None

    return eventually(attempt, "the child's agent")
