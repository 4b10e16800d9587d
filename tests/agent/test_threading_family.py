"""Condition, Event and Semaphore are patched in place; each is shown as what it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from locktrace.agent.encoder import live, live_actors
from locktrace.agent.ledger import Wait
from locktrace.agent.primitives import condition, event, semaphore
from locktrace.agent.primitives.lock import TracedLock
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.rlock import TracedRLock
from locktrace.agent.python_core import PythonRecorder
from tests.support import eventually


@pytest.fixture(autouse=True)
def _patched(recorder: PythonRecorder) -> Iterator[None]:
    patches = Patches()
    patches.replace(threading, "Lock", TracedLock)
    patches.replace(threading, "_CRLock", TracedRLock)
    for family in (condition, event, semaphore):
        family.patch(patches)
    yield
    patches.undo()


def waits(recorder: PythonRecorder) -> list[Wait]:
    return [wait for actor in live_actors(recorder) for wait in list(actor.waits)]


def test_a_condition_is_a_lock_with_its_own_lock_under_it(recorder: PythonRecorder) -> None:
    made = threading.Condition()
    outer, inner = live(recorder)
    assert (outer.kind, inner.kind, inner.parent) == ("Condition", "RLock", outer)
    with made:
        assert len(inner.holds) == 1


def test_a_lock_handed_to_a_condition_stays_its_owners(recorder: PythonRecorder) -> None:
    lock = threading.Lock()
    threading.Condition(lock)
    assert all(entry.parent is None for entry in live(recorder) if entry.kind == "Lock")


def test_waiting_on_a_condition_is_a_wait_for_it(recorder: PythonRecorder) -> None:
    made = threading.Condition()

    def wait() -> None:
        with made:
            made.wait()

    waiter = threading.Thread(target=wait)
    waiter.start()
    [waiting] = eventually(lambda: waits(recorder))
    assert waiting.entry.kind == "Condition"
    with made:
        made.notify()
    waiter.join()
    assert waits(recorder) == []


def test_a_timed_wait_says_so(recorder: PythonRecorder) -> None:
    made = threading.Event()
    waiter = threading.Thread(target=made.wait, args=(60,))
    waiter.start()
    found = eventually(lambda: [w for w in waits(recorder) if w.entry.kind == "Event"])
    assert [(wait.timed, wait.shared) for wait in found] == [(True, True)]
    made.set()
    waiter.join()


def test_an_event_that_is_set_is_not_waited_for(recorder: PythonRecorder) -> None:
    made = threading.Event()
    made.set()
    assert made.wait()
    [entry] = [entry for entry in live(recorder) if entry.kind == "Event"]
    assert entry.contended == 0


def test_the_event_by_which_a_thread_starts_is_not_listed(recorder: PythonRecorder) -> None:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    assert live(recorder) == []


@pytest.mark.parametrize("kind", [threading.Semaphore, threading.BoundedSemaphore])
def test_each_permit_is_a_hold(recorder: PythonRecorder, kind: type) -> None:
    made = kind(2)
    [entry] = [entry for entry in live(recorder) if entry.kind == "Semaphore"]
    made.acquire()
    with made:
        assert len(entry.holds) == 2
        assert not made.acquire(blocking=False)
        assert not made.acquire(timeout=0.01)
    assert len(entry.holds) == 1
    made.release()
    assert entry.holds == []


def test_a_bounded_semaphore_released_too_often_raises_and_keeps_its_holds(
    recorder: PythonRecorder,
) -> None:
    made = threading.BoundedSemaphore(2)
    [entry] = [entry for entry in live(recorder) if entry.kind == "Semaphore"]
    made.acquire()
    with pytest.raises(ValueError, match="released too many times"):
        made.release(2)
    assert len(entry.holds) == 1


def test_a_semaphore_acquired_with_wrong_arguments_raises_as_before(
    recorder: PythonRecorder,
) -> None:
    with pytest.raises(ValueError, match="can't specify timeout"):
        threading.Semaphore().acquire(blocking=False, timeout=1)


def test_undoing_the_patches_restores_every_attribute() -> None:
    before = {cls: dict(vars(cls)) for cls in (threading.Condition, threading.Event)}
    lock, rlock = threading.Lock, threading._CRLock  # type: ignore[attr-defined]
    patches = Patches()
    patches.replace(threading, "Lock", allocate := object())
    for family in (condition, event, semaphore):
        family.patch(patches)
    assert threading.Lock is allocate
    patches.undo()
    assert threading.Lock is lock
    assert threading._CRLock is rlock  # type: ignore[attr-defined]
    assert {cls: dict(vars(cls)) for cls in before} == before
