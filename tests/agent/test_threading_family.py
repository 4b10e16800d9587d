"""Condition, Event and Semaphore are patched in place; each is shown as what it is."""

from __future__ import annotations

import threading

import pytest

from locktrace.agent.primitives import condition, event, semaphore
from locktrace.agent.primitives.patches import Patches
from tests.agent.conftest import Tracing
from tests.support import eventually

FAMILIES = (condition, event, semaphore)


@pytest.fixture
def traced(tracing: Tracing) -> Tracing:
    for family in FAMILIES:
        family.patch(tracing.patches)
    return tracing


def test_a_condition_is_a_lock_with_its_own_lock_under_it(traced: Tracing) -> None:
    made = threading.Condition()
    outer, inner = traced.locks()
    assert (outer.kind, inner.kind, inner.parent) == ("Condition", "RLock", outer.id)
    with made:
        assert len(traced.holds("RLock")) == 1


def test_a_lock_handed_to_a_condition_stays_its_owners(traced: Tracing) -> None:
    lock = threading.Lock()
    threading.Condition(lock)
    assert traced.lock("Lock").parent is None


def test_waiting_on_a_condition_is_a_wait_for_it(traced: Tracing) -> None:
    made = threading.Condition()

    def wait() -> None:
        with made:
            made.wait()

    waiter = threading.Thread(target=wait)
    waiter.start()
    [waiting] = eventually(traced.waits)
    assert waiting.lock.kind == "Condition"
    with made:
        made.notify()
    waiter.join()
    assert traced.waits() == []


def test_a_timed_wait_says_so(traced: Tracing) -> None:
    made = threading.Event()
    waiter = threading.Thread(target=made.wait, args=(60,))
    waiter.start()
    [wait] = eventually(lambda: traced.waits("Event"))
    assert (wait.flag, wait.shared) == (True, True)
    made.set()
    waiter.join()


def test_an_event_that_is_set_is_not_waited_for(traced: Tracing) -> None:
    made = threading.Event()
    made.set()
    assert made.wait()
    assert traced.totals("Event")["contended"] == 0


def test_the_event_by_which_a_thread_starts_is_not_listed(traced: Tracing) -> None:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    assert traced.locks() == []


@pytest.mark.parametrize("kind", [threading.Semaphore, threading.BoundedSemaphore])
def test_each_permit_is_a_hold(traced: Tracing, kind: type) -> None:
    made = kind(2)
    made.acquire()
    with made:
        assert len(traced.holds("Semaphore")) == 2
        assert not made.acquire(blocking=False)
        assert not made.acquire(timeout=0.01)
    assert len(traced.holds("Semaphore")) == 1
    made.release()
    assert traced.holds("Semaphore") == []


def test_a_bounded_semaphore_released_too_often_raises_and_keeps_its_holds(
    traced: Tracing,
) -> None:
    made = threading.BoundedSemaphore(2)
    made.acquire()
    with pytest.raises(ValueError, match="released too many times"):
        made.release(2)
    assert len(traced.holds("Semaphore")) == 1


def test_a_semaphore_acquired_with_wrong_arguments_raises_as_before(
    traced: Tracing,
) -> None:
    with pytest.raises(ValueError, match="can't specify timeout"):
        threading.Semaphore().acquire(blocking=False, timeout=1)


def test_undoing_the_patches_restores_every_attribute() -> None:
    before = {cls: dict(vars(cls)) for cls in (threading.Condition, threading.Event)}
    lock, rlock = threading.Lock, threading._CRLock  # type: ignore[attr-defined]
    patches = Patches()
    patches.replace(threading, "Lock", allocate := object())
    for family in FAMILIES:
        family.patch(patches)
    assert threading.Lock is allocate
    patches.undo()
    assert threading.Lock is lock
    assert threading._CRLock is rlock  # type: ignore[attr-defined]
    assert {cls: dict(vars(cls)) for cls in before} == before
