"""A fault of the tracer never reaches the program; an exception of the program always does."""

from __future__ import annotations

import gc
import signal
from typing import Any

import pytest

from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.lock import traced_lock
from locktrace.agent.primitives.rlock import TracedRLock
from locktrace.agent.python_core import PythonRecorder


@pytest.mark.parametrize("method", ["acquired", "released", "waiting", "waited"])
def test_a_recorder_that_raises_is_counted_and_the_lock_works(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    lock = traced_lock()
    monkeypatch.setattr(PythonRecorder, method, property(lambda self: 1 / 0))
    monkeypatch.setattr("locktrace.agent.primitives.tap.OWN_FOLDER", "")  # count this file as ours
    with lock:
        assert lock.locked()
        assert not lock.acquire(timeout=0.01)
    assert not lock.locked()
    assert "ZeroDivisionError" in tap.faults[0]
    tap.faults.clear()


def test_a_lock_that_cannot_be_recorded_is_made_all_the_same(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PythonRecorder, "create", property(lambda self: 1 / 0))
    monkeypatch.setattr("locktrace.agent.primitives.tap.OWN_FOLDER", "")
    for kind in (traced_lock, TracedRLock):
        with kind() as got:
            assert got
    assert len(tap.faults) == 2
    tap.faults.clear()


def test_a_tracer_that_keeps_failing_switches_itself_off(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = traced_lock()
    monkeypatch.setattr(PythonRecorder, "acquired", property(lambda self: 1 / 0))
    monkeypatch.setattr("locktrace.agent.primitives.tap.OWN_FOLDER", "")
    for _ in range(tap.MAX_FAULTS + 1):
        with lock:
            pass
    assert tap.recorder is OFF
    tap.faults.clear()


def test_an_exception_from_a_signal_handler_passes_and_the_lock_is_free(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AlarmError(Exception):
        pass

    def handler(*_: Any) -> None:
        raise AlarmError

    original = PythonRecorder.acquired

    def interrupted(self: PythonRecorder, *arguments: Any) -> None:
        original(self, *arguments)
        signal.raise_signal(signal.SIGUSR1)

    monkeypatch.setattr(PythonRecorder, "acquired", interrupted)
    before = signal.signal(signal.SIGUSR1, handler)
    lock = traced_lock()
    try:
        with pytest.raises(AlarmError):
            lock.acquire()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not lock.locked()
    assert lock._entry.holds == []


def test_a_finalizer_may_take_a_traced_lock_inside_the_recorder(recorder: PythonRecorder) -> None:
    lock = traced_lock()

    class Finalized:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            with lock:
                pass

    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(200):
            Finalized()
            with traced_lock():
                pass
    finally:
        gc.set_threshold(*before)
        gc.collect()
    assert lock._entry.holds == []
    assert lock._entry.acquisitions == 200
