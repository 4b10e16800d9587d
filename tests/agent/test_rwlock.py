"""A registered read-write lock is traced by the names of its methods."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from locktrace.agent.encoder import live, live_actors
from locktrace.agent.primitives import rwlock
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.rwlock import RWLockSpec
from locktrace.agent.python_core import PythonRecorder
from tests.support import eventually


class Shared:
    """A small reader-preferring lock."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False

    def r_lock(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._writing)
            self._readers += 1

    def try_r_lock(self) -> bool:
        with self._changed:
            self._readers += not self._writing
            return not self._writing

    def r_unlock(self) -> None:
        with self._changed:
            if not self._readers:
                raise RuntimeError("not read-locked")
            self._readers -= 1
            self._changed.notify_all()

    def lock(self, timeout: float | None = None) -> bool:
        with self._changed:
            free = self._changed.wait_for(lambda: not (self._writing or self._readers), timeout)
            self._writing = self._writing or free
            return free

    def unlock(self) -> None:
        with self._changed:
            self._writing = False
            self._changed.notify_all()


@pytest.fixture(params=["with a try method", "without"])
def made(recorder: PythonRecorder, request: pytest.FixtureRequest) -> Iterator[Any]:
    patches = Patches()
    attempt = "try_r_lock" if request.param == "with a try method" else None
    spec = RWLockSpec(Shared, ("r_lock", "r_unlock"), ("lock", "unlock"), attempt, None)
    rwlock.patch(patches, spec)
    yield Shared()
    patches.undo()


def entry(recorder: PythonRecorder) -> Any:
    [found] = [entry for entry in live(recorder) if entry.kind == "Shared"]
    return found


def test_readers_hold_it_together_and_each_by_its_own_name(
    recorder: PythonRecorder, made: Any
) -> None:
    made.r_lock()
    thread = threading.Thread(target=made.r_lock, name="reader")
    thread.start()
    thread.join()
    assert [hold.shared for hold in entry(recorder).holds] == [True, True]
    made.r_unlock()
    [left] = entry(recorder).holds
    assert left.actor is not recorder.actor()


def test_a_writer_waits_in_the_ledger_until_the_reader_is_gone(
    recorder: PythonRecorder, made: Any
) -> None:
    made.r_lock()
    writer = threading.Thread(target=made.lock)
    writer.start()
    [wait] = eventually(lambda: [w for a in live_actors(recorder) for w in a.waits])
    assert (wait.entry.kind, wait.shared) == ("Shared", False)
    made.r_unlock()
    writer.join()
    assert [hold.shared for hold in entry(recorder).holds] == [False]


def test_an_acquire_that_gives_up_holds_nothing(recorder: PythonRecorder, made: Any) -> None:
    made.r_lock()
    assert made.lock(timeout=0.01) is False
    assert [hold.shared for hold in entry(recorder).holds] == [True]


def test_an_unlock_that_raises_changes_nothing(recorder: PythonRecorder, made: Any) -> None:
    made.lock()
    with pytest.raises(RuntimeError, match="not read-locked"):
        made.r_unlock()
    assert [hold.shared for hold in entry(recorder).holds] == [False]
    made.unlock()
    assert entry(recorder).holds == []


def test_a_leak_without_end_is_listed_up_to_a_cap_and_counted_beyond(
    recorder: PythonRecorder, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locktrace.agent.python_core.MAX_LISTED_HOLDS", 5)
    for _ in range(8):
        made.r_lock()
    assert (len(entry(recorder).holds), entry(recorder).unlisted) == (5, 3)
    for _ in range(8):
        made.r_unlock()
    assert (len(entry(recorder).holds), entry(recorder).unlisted) == (0, 0)


@pytest.mark.parametrize(
    ("cls", "read", "complaint"),
    [
        (Shared, ("r_lock", "gone"), "Shared has no method 'gone'"),
        ("Shared", ("r_lock", "r_unlock"), "needs a class, not str"),
    ],
)
def test_a_registration_that_cannot_work_says_why(cls: Any, read: Any, complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        RWLockSpec(cls, read, ("lock", "unlock"), None, None)
