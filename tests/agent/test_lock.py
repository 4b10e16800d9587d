"""A traced Lock does what a plain one does, and the ledger says who has it."""

from __future__ import annotations

import copy
import pickle
import threading
import weakref
from _thread import allocate_lock
from collections.abc import Callable
from typing import Any

import pytest

from locktrace.agent.primitives.lock import TracedLock
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.python_ledger import live, live_actors
from tests.support import eventually


def outcome(act: Callable[[], Any]) -> Any:
    """What a call returns, or the type and text of what it raises."""
    try:
        return act()
    except Exception as error:
        return type(error), str(error)


CALLS: list[Callable[[Any], Any]] = [
    lambda lock: lock.acquire(),
    lambda lock: lock.acquire(False),
    lambda lock: lock.acquire(blocking=False),
    lambda lock: lock.acquire(True, 0.01),
    lambda lock: lock.acquire(timeout=0),
    lambda lock: lock.acquire(timeout=-1),
    lambda lock: lock.acquire(timeout=-5),
    lambda lock: lock.acquire(False, 1),
    lambda lock: lock.acquire(True, 1e20),
    lambda lock: lock.acquire(True, float("nan")),
    lambda lock: lock.acquire(timeout="1"),
    lambda lock: lock.release(),
    lambda lock: lock.locked(),
    lambda lock: lock.__enter__(),
    lambda lock: (lock.acquire(False), lock.acquire(False), lock.acquire(True, 0.01)),
    lambda lock: (lock.acquire(), lock.release(), lock.locked()),
    lambda lock: (lock.acquire(), lock.__exit__(None, None, None), lock.locked()),
    lambda lock: (lock.acquire_lock(), lock.locked_lock(), lock.release_lock()),
    pickle.dumps,
    copy.copy,
    lambda lock: isinstance(lock, type(allocate_lock())),
    lambda lock: weakref.ref(lock)() is lock,
    lambda lock: lock.nothing,
]


@pytest.mark.parametrize("act", CALLS)
def test_every_call_ends_as_with_a_plain_lock(recorder: PythonRecorder, act: Any) -> None:
    traced = outcome(lambda: act(TracedLock()))
    plain = outcome(lambda: act(allocate_lock()))
    if isinstance(traced, tuple) and traced and traced[0] is AttributeError:
        plain = traced = (AttributeError,)
    assert traced == plain


def test_repr_is_that_of_a_plain_lock(recorder: PythonRecorder) -> None:
    assert repr(TracedLock()).startswith("<unlocked _thread.lock object at 0x")


def test_a_real_lock_is_an_instance_of_what_threading_lock_then_is(
    recorder: PythonRecorder,
) -> None:
    assert isinstance(allocate_lock(), TracedLock)
    assert not isinstance(object(), TracedLock)


def test_a_hold_names_its_actor_site_and_time(recorder: PythonRecorder) -> None:
    lock = TracedLock()
    with lock:
        [hold] = lock._entry.holds
        code, _ = hold.stack.frames[0]
        assert hold.actor is recorder.actor()
        assert code.co_name == "test_a_hold_names_its_actor_site_and_time"
    assert lock._entry.holds == []
    assert lock._entry.acquisitions == 1


def test_the_ledger_has_the_address_of_the_interpreter_s_own_lock(recorder: PythonRecorder) -> None:
    lock = TracedLock()
    [entry] = live(recorder)
    assert entry.address == id(lock._lock)


def test_a_wait_is_in_the_ledger_before_it_ends(recorder: PythonRecorder) -> None:
    lock = TracedLock()
    lock.acquire()
    waiter = threading.Thread(target=lambda: (lock.acquire(), lock.release()))
    waiter.start()
    [wait] = eventually(lambda: [w for actor in live_actors(recorder) for w in actor.waits])
    assert wait.entry is lock._entry
    assert not wait.timed
    assert (lock._entry.contended, lock._entry.wait_ns) == (1, 0)
    lock.release()
    waiter.join()
    assert lock._entry.contended == 1
    assert lock._entry.wait_ns > 0
    assert [w for actor in live_actors(recorder) for w in actor.waits] == []


def test_a_wait_that_times_out_leaves_no_trace_but_its_count(recorder: PythonRecorder) -> None:
    lock = TracedLock()
    lock.acquire()
    assert not lock.acquire(timeout=0.01)
    assert recorder.actor().waits == []
    assert lock._entry.contended == 1
    assert len(lock._entry.holds) == 1


def test_a_release_by_another_thread_ends_the_hold_and_is_counted(
    recorder: PythonRecorder,
) -> None:
    lock = TracedLock()
    lock.acquire()
    other = threading.Thread(target=lock.release)
    other.start()
    other.join()
    assert lock._entry.holds == []
    assert lock._entry.foreign_releases == 1


def test_a_lock_that_is_gone_is_gone_from_the_ledger(recorder: PythonRecorder) -> None:
    lock = TracedLock()
    assert [entry.id for entry in live(recorder)] == [lock._entry.id]
    del lock
    assert live(recorder) == []


def test_a_hundred_thousand_locks_made_and_dropped_leave_nothing(recorder: PythonRecorder) -> None:
    for _ in range(100_000):
        with TracedLock():
            pass
    assert live(recorder) == []
    assert recorder.entries == {}
    assert len(recorder.stacks.by_id) < 10
