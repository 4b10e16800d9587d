"""Whatever interrupts the tracer, a lock is taken or free as it would be without it."""

from __future__ import annotations

import copy
import copyreg
import signal
import subprocess
import sys
import threading
from _thread import LockType
from collections.abc import Iterator
from typing import Any

import pytest

from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.lock import traced_lock
from locktrace.agent.primitives.rlock import TracedRLock
from locktrace.agent.python_core import PythonRecorder
from tests.support import PATIENCE_S


class AlarmError(Exception):
    pass


@pytest.fixture
def alarm() -> Iterator[None]:
    def handler(*_: Any) -> None:
        raise AlarmError

    before = signal.signal(signal.SIGUSR1, handler)
    yield
    signal.signal(signal.SIGUSR1, before)


def interrupt(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Let a signal arrive when `method` of the recorder is called, before it has done anything."""
    original = getattr(PythonRecorder, method)
    pending = [1]

    def interrupted(self: PythonRecorder, *arguments: Any) -> Any:
        if pending:
            pending.pop()
            signal.raise_signal(signal.SIGUSR1)
        return original(self, *arguments)

    monkeypatch.setattr(PythonRecorder, method, interrupted)


@pytest.mark.parametrize("kind", [traced_lock, TracedRLock])
def test_a_release_that_is_interrupted_is_made(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch, alarm: None, kind: Any
) -> None:
    lock = kind()
    lock.acquire()
    interrupt(monkeypatch, "released")
    with pytest.raises(AlarmError):
        lock.release()
    assert lock.acquire(timeout=0)
    assert [hold.id for hold in lock._entry.holds] == [2]
    lock.release()
    assert lock._entry.holds == []


def test_a_condition_comes_back_holding_when_its_record_is_interrupted(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch, alarm: None
) -> None:
    lock: Any = TracedRLock()
    condition = threading.Condition(lock)
    condition.acquire()
    interrupt(monkeypatch, "acquired_again")
    with pytest.raises(AlarmError):
        condition.wait(0.001)
    assert lock._is_owned()
    condition.release()
    assert not lock._is_owned()


@pytest.mark.parametrize("kind", [traced_lock, TracedRLock])
def test_a_wait_whose_end_is_interrupted_is_over_and_the_lock_free(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch, alarm: None, kind: Any
) -> None:
    lock = kind()
    lock.acquire()
    owner = threading.Thread(target=lambda: None)
    if kind is TracedRLock:
        lock.release()
        taken, go = threading.Event(), threading.Event()

        def hold() -> None:
            with lock:
                taken.set()
                go.wait()

        owner = threading.Thread(target=hold)
        owner.start()
        taken.wait()
        monkeypatch.setattr(recorder, "waiting", releasing(recorder.waiting, go.set))
    else:
        monkeypatch.setattr(recorder, "waiting", releasing(recorder.waiting, lock._lock.release))
    interrupt(monkeypatch, "waited")
    with pytest.raises(AlarmError):
        lock.acquire()
    if kind is TracedRLock:
        owner.join()
    assert recorder.actor().waits == []
    assert lock.acquire(timeout=0)
    lock.release()


def is_free(lock: Any) -> bool:
    """Whether another thread can take `lock`."""
    found: list[bool] = []
    other = threading.Thread(target=lambda: found.append(lock.acquire(timeout=0)))
    other.start()
    other.join()
    return found == [True]


def releasing(waiting: Any, release: Any) -> Any:
    def released(*arguments: Any) -> Any:
        release()
        return waiting(*arguments)

    return released


@pytest.mark.parametrize("kind", [traced_lock, TracedRLock])
def test_a_lock_taken_at_the_recursion_limit_is_not_left_taken(
    recorder: PythonRecorder, kind: Any
) -> None:
    def descend(rest: int) -> None:
        if rest:
            descend(rest - 1)
            return
        lock.acquire()
        lock.release()

    for rest in range(1000):
        lock = kind()
        try:
            descend(rest)
        except RecursionError:
            assert is_free(lock), rest
    tap.faults.clear()


def test_a_registered_reducer_of_locks_is_used(
    recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, LockType, lambda lock: (str, ("copied",)))
    assert copy.deepcopy(traced_lock()) == "copied"


def test_locks_made_while_tracing_is_off_are_plain(recorder: PythonRecorder) -> None:
    tap.recorder = OFF
    assert type(traced_lock()) is LockType
    assert not isinstance(TracedRLock(), TracedRLock)


def test_a_condition_takes_its_lock_by_keyword(core: str) -> None:
    """`lock` is an argument's name for some constructors: ours must not take it."""
    program = (
        "import locktrace, threading; locktrace.install();"
        "threading.Condition(lock=threading.Lock()).acquire()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=PATIENCE_S)
