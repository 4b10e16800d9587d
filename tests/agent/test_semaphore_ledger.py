"""A semaphore may be released before it is acquired, and acquired many times by one loop."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from locktrace.agent.liveness import find_left_behind
from locktrace.agent.primitives import semaphore
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.python_ledger import PythonLedger, live
from tests.agent.conftest import NEEDS_C_CORE


@pytest.fixture
def traced(recorder: PythonRecorder) -> Iterator[PythonRecorder]:
    patches = Patches()
    semaphore.patch(patches)
    yield recorder
    patches.undo()


def test_a_permit_given_in_advance_is_no_hold_when_it_is_taken(traced: PythonRecorder) -> None:
    items = threading.Semaphore(0)
    [entry] = [entry for entry in live(traced) if entry.kind == "Semaphore"]
    items.release(3)
    for _ in range(3):
        items.acquire()
    assert (entry.holds, entry.acquisitions, entry.surplus) == ([], 3, 0)


def test_a_release_that_fails_is_no_permit_in_advance(traced: PythonRecorder) -> None:
    items = threading.BoundedSemaphore(1)
    [entry] = [entry for entry in live(traced) if entry.kind == "Semaphore"]
    with pytest.raises(ValueError, match="too many"):
        items.release()
    items.acquire()
    assert len(entry.holds) == 1


def test_permits_taken_in_a_loop_are_not_left_behind(traced: PythonRecorder) -> None:
    permits = threading.Semaphore(3)
    for _ in range(3):
        permits.acquire()
    ledger = PythonLedger(traced)
    actors = list(traced.actors.values())
    assert find_left_behind(live(traced), actors, set(), 0) == []
    assert len(ledger.holds()) == 3


@NEEDS_C_CORE
def test_the_c_core_counts_both_the_same_way() -> None:
    program = """
import locktrace, threading
locktrace.install()
from locktrace.agent.switch import AGENT
ledger = AGENT.core.ledger
items = threading.Semaphore(0)
items.release(3)
for _ in range(3): items.acquire()
assert ledger.holds() == [], ledger.holds()
permits = threading.Semaphore(3)
for _ in range(3): permits.acquire()
assert ledger.look(0).returned == []
assert len(ledger.holds()) == 3
strict = threading.BoundedSemaphore(1)
try: strict.release()
except ValueError: pass
strict.acquire()
assert len(ledger.holds()) == 4
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"LOCKTRACE_CORE": "c", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
