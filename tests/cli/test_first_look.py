"""What is said of a process right after the agent has come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from locktrace.cli.observing import leave, observe
from locktrace.launch.inject import by_ptrace
from locktrace.session import Session
from tests.support import PATIENCE_S, interpreters, running, until

pytestmark = pytest.mark.skipif(bool(by_ptrace.obstacle()), reason="no way in by ptrace here")
ROUNDS = 3
LOOK_S = 0.8


@contextmanager
def looking_into(pid: int) -> Iterator[Session]:
    session = observe(pid, keep=False)
    try:
        session.settle(PATIENCE_S)
        yield session
    finally:
        session.close()
        leave(pid)


def test_a_hung_process_is_told_of_each_time_it_is_attached_to() -> None:
    with running("lock_order", trace=False) as target:
        target.expect("started")
        for _ in range(ROUNDS):
            with looking_into(target.pid) as session:
                view = until(session, lambda view: bool(view.findings), "the deadlock")
                assert [finding.kind for finding in view.findings] == ["deadlock"]


def test_no_deadlock_is_told_of_a_process_that_is_merely_busy() -> None:
    with running("busy", trace=False) as target:
        target.expect("ready")
        for _ in range(ROUNDS):
            with looking_into(target.pid) as session:
                enough = time.monotonic() + LOOK_S
                while time.monotonic() < enough:
                    kinds = {finding.kind for finding in session.poll(0.05).findings}
                    assert not kinds & {"deadlock", "self-deadlock"}


@pytest.mark.parametrize("version", sorted(interpreters()))
def test_a_program_whose_main_thread_has_come_to_its_end_is_looked_into(
    within: Any, version: str
) -> None:
    with running("hangs_at_its_end", python=interpreters()[version], trace=False) as target:
        target.expect("ending")
        done = within("dump", str(target.pid))
        assert (done.returncode, done.stderr) == (0, "")
        assert "ERROR deadlock" in done.stdout
        assert "hangs_at_its_end.journal" in done.stdout
        gone = within("detach", str(target.pid))
        assert (gone.returncode, gone.stderr) == (0, "")
