"""How the C core traces `multiprocessing`'s locks, on every CPython of the machine."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from locktrace.errors import NotTracedError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import (
    PATIENCE_S,
    TARGETS,
    environment,
    eventually,
    observed,
    running,
    until,
)

pytestmark = NEEDS_C_CORE

CHECKS = [
    "each_kind_is_held_as_what_it_is",
    "compounds_are_named_as_their_users_know_them",
    "everything_looks_as_before",
    "a_lock_of_before_is_traced",
    "imported_later",
    "what_another_process_releases_is_held_no_longer",
    "messages_are_not_held",
    "a_forked_child_holds_nothing_of_its_parent_s",
    "a_wait_for_another_process_is_shown",
    "a_lock_got_by_name_is_the_same_to_the_system",
    "a_lock_given_back_by_another_process_is_known_there_as_handed_over",
    "a_forked_child_counts_anew",
    "each_semaphore_has_a_file_of_its_own_whatever_its_name",
    "who_reads_a_queue_waits_for_it",
]


@pytest.mark.parametrize("check", CHECKS)
def test_a_semlock(python: str, check: str) -> None:
    done = subprocess.run(
        [python, "-X", "faulthandler", str(TARGETS / "semlock_checks.py"), check],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("ok\n", 0), done.stderr


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
