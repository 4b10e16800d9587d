"""A traced RLock is one hold however deep, and lets a Condition take it apart."""

from __future__ import annotations

import _thread
import copy
import threading

import pytest

from locktrace.agent.primitives.rlock import TracedRLock
from locktrace.agent.python_core import PythonRecorder


def test_nested_acquires_are_one_hold_until_the_last_release(recorder: PythonRecorder) -> None:
    lock = TracedRLock()
    with lock:
        with lock:
            assert (lock._entry.depth, len(lock._entry.holds)) == (2, 1)
        assert (lock._entry.depth, len(lock._entry.holds)) == (1, 1)
    assert lock._entry.holds == []
    assert lock._entry.acquisitions == 2


def test_it_is_an_instance_of_the_real_type_and_looks_like_one(recorder: PythonRecorder) -> None:
    lock = TracedRLock()
    assert isinstance(lock, _thread.RLock)
    assert repr(lock).startswith("<unlocked _thread.RLock object owner=0 count=0 at 0x")
    with pytest.raises(TypeError, match="cannot pickle"):
        copy.copy(lock)


def test_a_release_by_a_stranger_raises_and_changes_nothing(recorder: PythonRecorder) -> None:
    lock = TracedRLock()
    lock.acquire()
    raised: list[str] = []

    def release() -> None:
        try:
            lock.release()
        except RuntimeError as error:
            raised.append(str(error))

    stranger = threading.Thread(target=release)
    stranger.start()
    stranger.join()
    assert raised == ["cannot release un-acquired lock"]
    assert len(lock._entry.holds) == 1
    assert lock._entry.foreign_releases == 0


def test_a_condition_wait_gives_up_all_levels_and_takes_them_back(
    recorder: PythonRecorder,
) -> None:
    lock = TracedRLock()
    condition = threading.Condition(lock)  # type: ignore[arg-type]
    with lock, condition:
        assert not condition.wait(timeout=0.01)
        assert (lock._entry.depth, len(lock._entry.holds)) == (2, 1)
        lock.release()
        lock.release()
        assert lock._entry.holds == []
        lock.acquire()
        lock.acquire()


def test_bad_arguments_raise_as_with_a_plain_one(recorder: PythonRecorder) -> None:
    for arguments in ((False, 1), (True, -2), (True, 1e20)):
        with pytest.raises((ValueError, OverflowError)) as plain:
            _thread.RLock().acquire(*arguments)
        with pytest.raises(plain.type) as traced:
            TracedRLock().acquire(*arguments)
        assert str(traced.value) == str(plain.value)
