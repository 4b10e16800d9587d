"""A hold is marked as left behind when that is proved, and only then."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

from locktrace.agent.primitives import condition
from tests.agent.conftest import Tracing
from tests.support import eventually


def look(tracing: Tracing) -> list[int]:
    """One look at everything, however young; the tests' own holds that it newly finds."""
    found = tracing.ledger.look(settled_ns=0).returned
    return [hold.id for hold in tracing.holds() if hold.id in found]


def take(lock: Any) -> None:
    lock.acquire_lock()


def leave_behind(lock: Any) -> None:
    lock.acquire()


def test_a_hold_whose_function_has_returned_is_marked_once(tracing: Tracing) -> None:
    lock = threading.Lock()
    leave_behind(lock)
    [hold] = tracing.holds()
    assert look(tracing) == [hold.id]
    assert look(tracing) == []


def test_a_hold_whose_function_runs_is_not(tracing: Tracing) -> None:
    lock = threading.Lock()
    with lock:
        assert look(tracing) == []


def test_a_later_call_at_the_same_address_does_not_hide_that_the_earlier_has_ended(
    tracing: Tracing,
) -> None:
    entry = tracing.recorder.create("RWMutex", sys._getframe())
    seen_inside: list[list[bool]] = []

    def read(last: bool) -> None:
        tracing.recorder.acquired(entry, True, sys._getframe())
        if last:
            look(tracing)
            seen_inside.append([hold.flag for hold in tracing.holds("RWMutex")])

    for number in range(3):
        read(last=number == 2)
    assert seen_inside == [[True, True, False]]


def test_levels_of_a_recursion_each_answer_for_their_own_hold(tracing: Tracing) -> None:
    entry = tracing.recorder.create("RWMutex", sys._getframe())

    def descend(levels: int) -> None:
        tracing.recorder.acquired(entry, True, sys._getframe())
        if levels:
            descend(levels - 1)
        else:
            assert look(tracing) == []
        tracing.recorder.released(entry, True)

    descend(3)
    assert tracing.holds() == []


def test_the_hold_of_an_ended_thread_belongs_to_an_ended_actor(tracing: Tracing) -> None:
    lock = threading.Lock()
    thread = threading.Thread(target=take, args=(lock,))
    thread.start()
    thread.join()

    def ended() -> bool:
        look(tracing)
        [hold] = tracing.holds("Lock")
        return hold.actor.ended

    eventually(ended, "the end of the actor")


def test_a_site_that_releases_late_by_design_is_never_blamed_again(tracing: Tracing) -> None:
    lock = threading.Lock()
    for first in (True, False):
        leave_behind(lock)
        assert bool(look(tracing)) is first
        lock.release()


def test_of_actors_without_thread_or_hold_only_the_latest_are_remembered(tracing: Tracing) -> None:
    lock = threading.Lock()

    def work() -> None:
        with lock:
            pass

    before = len(tracing.ledger.actors())
    for _ in range(200):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(tracing.ledger.actors()) <= before + 70


@pytest.mark.parametrize("inner", ["RLock", "Lock"])
def test_a_lock_taken_back_by_a_wait_belongs_to_the_waiting_function(
    tracing: Tracing, inner: str
) -> None:
    condition.patch(tracing.patches)
    made = threading.Condition(threading.RLock() if inner == "RLock" else threading.Lock())

    def consume() -> None:
        with made:
            made.wait(timeout=0.01)
            assert look(tracing) == []
            [hold] = tracing.holds(inner)
            code, _ = hold.stack.frames[hold.stack.site_index]
            assert code.co_name == "consume"
            assert hold.stack.judgeable

    consume()
