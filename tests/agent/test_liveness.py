"""A hold is marked as left behind when that is proved, and only then."""

from __future__ import annotations

import sys
import threading

import pytest

from locktrace.agent import liveness
from locktrace.agent.encoder import live, live_actors
from locktrace.agent.ledger import Hold
from locktrace.agent.primitives import condition
from locktrace.agent.primitives.lock import TracedLock
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.rlock import TracedRLock
from locktrace.agent.python_core import PythonRecorder


@pytest.fixture
def look(recorder: PythonRecorder):  # type: ignore[no-untyped-def]
    """One look at everything, however young; gives what it newly found."""

    def look() -> list[Hold]:
        entries, actors = live(recorder), live_actors(recorder)
        found = liveness.find_left_behind(entries, actors, recorder.left_behind, settled_ns=0)
        recorder.left_behind.update(hold.id for hold in found)
        return found

    return look


def take(lock: TracedLock) -> None:
    lock.acquire_lock()


def leave_behind(lock: TracedLock) -> None:
    lock.acquire()


def test_a_hold_whose_function_has_returned_is_marked_once(look) -> None:  # type: ignore[no-untyped-def]
    lock = TracedLock()
    leave_behind(lock)
    assert look() == lock._entry.holds
    assert look() == []


def test_a_hold_whose_function_runs_is_not(look) -> None:  # type: ignore[no-untyped-def]
    lock = TracedLock()
    with lock:
        assert look() == []


def test_a_later_call_at_the_same_address_does_not_hide_that_the_earlier_has_ended(
    recorder: PythonRecorder,
    look,  # type: ignore[no-untyped-def]
) -> None:
    entry = recorder.create("RWMutex", None)
    assert entry is not None
    seen_inside: list[list[bool]] = []

    def read(last: bool) -> None:
        recorder.acquired(entry, True, sys._getframe())
        if last:
            look()
            seen_inside.append([hold.id in recorder.left_behind for hold in entry.holds])

    for number in range(3):
        read(last=number == 2)
    assert seen_inside == [[True, True, False]]


def test_levels_of_a_recursion_each_answer_for_their_own_hold(
    recorder: PythonRecorder,
    look,  # type: ignore[no-untyped-def]
) -> None:
    entry = recorder.create("RWMutex", None)
    assert entry is not None

    def descend(levels: int) -> None:
        recorder.acquired(entry, True, sys._getframe())
        if levels:
            descend(levels - 1)
        else:
            assert look() == []
        recorder.released(entry, True)

    descend(3)
    assert entry.holds == []


def test_the_hold_of_an_ended_thread_belongs_to_an_ended_actor(look) -> None:  # type: ignore[no-untyped-def]
    lock = TracedLock()
    thread = threading.Thread(target=take, args=(lock,))
    thread.start()
    thread.join()
    look()
    assert lock._entry.holds[0].actor.ended


def test_a_site_that_releases_late_by_design_is_remembered(recorder: PythonRecorder, look) -> None:  # type: ignore[no-untyped-def]
    lock = TracedLock()
    leave_behind(lock)
    [hold] = look()
    lock.release()
    assert hold.stack.late_releases == 1


def test_an_actor_without_thread_or_hold_is_forgotten(recorder: PythonRecorder) -> None:
    lock = TracedLock()

    def work() -> None:
        with lock:
            pass

    before = len(live_actors(recorder))
    for _ in range(20):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(live_actors(recorder)) <= before + 1


@pytest.mark.parametrize("inner", ["RLock", "Lock"])
def test_a_lock_taken_back_by_a_wait_belongs_to_the_waiting_function(
    recorder: PythonRecorder,
    look,  # type: ignore[no-untyped-def]
    inner: str,
) -> None:
    patches = Patches()
    condition.patch(patches)
    lock = TracedRLock() if inner == "RLock" else TracedLock()
    made = threading.Condition(lock)  # type: ignore[arg-type]

    def consume() -> None:
        with made:
            made.wait(timeout=0.01)
            assert look() == []
            [hold] = lock._entry.holds
            code, _ = hold.stack.frames[hold.stack.site_index]
            assert code.co_name == "consume"
            assert hold.stack.judgeable

    try:
        consume()
    finally:
        patches.undo()
