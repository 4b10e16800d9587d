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

from tests.agent.conftest import Tracing
from tests.support import eventually, running


def outcome(act: Callable[[Any], Any], lock: Any) -> Any:
    """What a call returns, or the type and text of what it raises."""
    try:
        return act(lock)
    except AttributeError:
        return AttributeError
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
PLAIN = [outcome(act, allocate_lock()) for act in CALLS]


@pytest.mark.parametrize(("act", "plain"), list(zip(CALLS, PLAIN, strict=True)))
def test_every_call_ends_as_with_a_plain_lock(tracing: Tracing, act: Any, plain: Any) -> None:
    assert outcome(act, threading.Lock()) == plain


def test_repr_is_that_of_a_plain_lock(tracing: Tracing) -> None:
    assert repr(threading.Lock()).startswith("<unlocked _thread.lock object at 0x")


def test_a_hold_names_its_actor_site_and_time(tracing: Tracing) -> None:
    lock = threading.Lock()
    with lock:
        [hold] = tracing.holds()
        code, _ = hold.stack.frames[0]
        assert hold.actor.ident == threading.get_ident()
        assert code.co_name == "test_a_hold_names_its_actor_site_and_time"
    assert tracing.holds() == []
    assert tracing.totals()["acquisitions"] == 1


def test_a_wait_is_in_the_ledger_before_it_ends(tracing: Tracing) -> None:
    lock = threading.Lock()
    lock.acquire()
    waiter = threading.Thread(target=lambda: (lock.acquire(), lock.release()))
    waiter.start()
    [wait] = eventually(lambda: tracing.waits("Lock"))
    assert not wait.flag
    assert (tracing.totals("Lock")["contended"], tracing.totals("Lock")["wait_ns"]) == (1, 0)
    lock.release()
    waiter.join()
    assert tracing.totals("Lock")["contended"] == 1
    assert tracing.totals("Lock")["wait_ns"] > 0
    assert tracing.waits("Lock") == []


def test_a_wait_that_times_out_leaves_no_trace_but_its_count(tracing: Tracing) -> None:
    lock = threading.Lock()
    lock.acquire()
    assert not lock.acquire(timeout=0.01)
    assert tracing.waits() == []
    assert tracing.totals()["contended"] == 1
    assert len(tracing.holds()) == 1
    lock.release()


def test_a_release_by_another_thread_ends_the_hold_and_is_counted(tracing: Tracing) -> None:
    lock = threading.Lock()
    lock.acquire()
    other = threading.Thread(target=lock.release)
    other.start()
    other.join()
    assert tracing.holds("Lock") == []
    assert tracing.totals("Lock")["foreign"] == 1


def test_a_lock_that_is_gone_is_gone_from_the_ledger(tracing: Tracing) -> None:
    lock = threading.Lock()
    assert len(tracing.locks()) == 1
    del lock
    assert tracing.locks() == []


def test_a_hundred_thousand_locks_made_and_dropped_leave_nothing(tracing: Tracing) -> None:
    for _ in range(100_000):
        lock = threading.Lock()
        with lock:
            pass
    del lock
    assert tracing.locks() == []
    assert tracing.holds() == []


def test_holds_and_waits_are_counted_by_how_long_they_lasted(tracing: Tracing) -> None:
    lock = threading.Lock()
    lock.acquire()
    assert not lock.acquire(timeout=0.01)
    lock.release()
    lock.acquire()
    lock.release()
    id = tracing.lock().id
    [(holds, waits)] = [row[7:9] for row in tracing.ledger.totals() if row[0] == id]
    assert (sum(holds[1:]), sum(waits[1:])) == (2, 1)
    assert holds[0] >= waits[0] >= 10_000_000
    assert waits[(waits[0] >> 11).bit_length() + 1] == 1
    assert holds[-1] != 0


@pytest.mark.parametrize("name", ["Lock", "RLock", "Condition", "Event", "Semaphore"])
def test_a_kind_can_be_pickled(name: str, tracing: Tracing) -> None:
    kind = getattr(threading, name)
    assert isinstance(pickle.loads(pickle.dumps(kind))(), type(kind()))


def test_a_spawned_manager_s_process_is_given_the_kinds_that_it_makes(core: str) -> None:
    with running("managed") as target:
        assert target.finish() == (0, "True\n", "")
