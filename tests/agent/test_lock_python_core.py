"""The Python core's Lock stands before a real one, and shows it as little as can be."""

from __future__ import annotations

import copy
import threading
from _thread import LockType, allocate_lock

import pytest

from locktrace.agent.primitives.lock import LOCK, TracedLock, traced_lock
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.python_ledger import live


def test_a_real_lock_is_an_instance_of_it(recorder: PythonRecorder) -> None:
    assert isinstance(allocate_lock(), TracedLock)
    assert not isinstance(object(), TracedLock)


def test_the_ledger_has_the_address_of_the_interpreter_s_own_lock(recorder: PythonRecorder) -> None:
    lock = traced_lock()
    [entry] = live(recorder)
    assert entry.address == id(lock._lock)


def test_locks_dropped_leave_no_row(recorder: PythonRecorder) -> None:
    for _ in range(1000):
        with traced_lock():
            pass
    assert live(recorder) == []
    assert recorder.entries == {}
    assert len(recorder.stacks.by_id) < 10


def test_its_type_cannot_be_made_or_extended_where_the_real_one_cannot(
    recorder: PythonRecorder,
) -> None:
    for kind in (LockType, type(traced_lock())):
        with pytest.raises(TypeError, match="is not an acceptable base type"):
            type("Heir", (kind,), {})
    made = [outcome(kind) for kind in (type(allocate_lock()), type(traced_lock()))]
    assert made[0] == made[1]


def test_a_class_that_keeps_what_makes_locks_can_make_some(recorder: PythonRecorder) -> None:
    """As werkzeug does, and with it Flask."""

    class Map:
        lock_class = LOCK

    with Map().lock_class() as got:
        assert got
    assert copy.deepcopy({"factory": LOCK}) == {"factory": LOCK}


def outcome(kind: type) -> str:
    try:
        return type(kind()).__name__
    except TypeError as error:
        return str(error)


def test_a_lock_made_by_threading_is_traced(recorder: PythonRecorder) -> None:
    from locktrace.agent.core import PythonCore

    core = PythonCore()
    core.arm()
    try:
        assert type(threading.Lock()) is TracedLock
    finally:
        core.disarm()
    assert type(threading.Lock()) is LockType
