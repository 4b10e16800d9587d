"""A registered read-write lock is traced by the names of its methods."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from locktrace.agent.ledger import MAX_LISTED_HOLDS
from locktrace.agent.primitives import rwlock
from locktrace.agent.primitives.rwlock import RWLockSpec
from tests.agent.conftest import Tracing
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
def made(tracing: Tracing, request: pytest.FixtureRequest) -> Any:
    attempt = "try_r_lock" if request.param == "with a try method" else None
    spec = RWLockSpec(Shared, ("r_lock", "r_unlock"), ("lock", "unlock"), attempt, None)
    rwlock.patch(tracing.patches, spec)
    return Shared()


def modes(tracing: Tracing) -> list[bool]:
    """Shared or not, of each hold."""
    return [hold.shared for hold in tracing.holds("Shared")]


def test_readers_hold_it_together_and_each_by_its_own_name(tracing: Tracing, made: Any) -> None:
    made.r_lock()
    thread = threading.Thread(target=made.r_lock, name="reader")
    thread.start()
    thread.join()
    assert modes(tracing) == [True, True]
    made.r_unlock()
    [left] = tracing.holds("Shared")
    assert left.actor.id != tracing.me().id


def test_a_hold_s_stack_begins_with_who_took_it(tracing: Tracing, made: Any) -> None:
    made.r_lock()
    [hold] = tracing.holds("Shared")
    assert hold.stack.frames[0][0].co_name == "test_a_hold_s_stack_begins_with_who_took_it"


def test_a_writer_waits_in_the_ledger_until_the_reader_is_gone(tracing: Tracing, made: Any) -> None:
    made.r_lock()
    writer = threading.Thread(target=made.lock)
    writer.start()
    [wait] = eventually(lambda: tracing.waits("Shared"))
    assert not wait.shared
    made.r_unlock()
    writer.join()
    assert modes(tracing) == [False]


def test_a_reader_waits_until_the_writer_is_gone(tracing: Tracing, made: Any) -> None:
    made.lock()
    reader = threading.Thread(target=made.r_lock)
    reader.start()
    [wait] = eventually(lambda: tracing.waits("Shared"))
    assert wait.shared
    made.unlock()
    reader.join()
    assert modes(tracing) == [True]


def test_an_acquire_that_gives_up_holds_nothing(tracing: Tracing, made: Any) -> None:
    made.r_lock()
    assert made.lock(timeout=0.01) is False
    assert modes(tracing) == [True]


def test_an_unlock_that_raises_changes_nothing(tracing: Tracing, made: Any) -> None:
    made.lock()
    with pytest.raises(RuntimeError, match="not read-locked"):
        made.r_unlock()
    assert modes(tracing) == [False]
    made.unlock()
    assert modes(tracing) == []


def test_a_leak_without_end_is_listed_up_to_a_cap_and_counted_beyond(
    tracing: Tracing, made: Any
) -> None:
    for _ in range(MAX_LISTED_HOLDS + 3):
        made.r_lock()
    assert (len(modes(tracing)), tracing.totals("Shared")["unlisted"]) == (MAX_LISTED_HOLDS, 3)
    for _ in range(MAX_LISTED_HOLDS + 3):
        made.r_unlock()
    assert (modes(tracing), tracing.totals("Shared")["unlisted"]) == ([], 0)


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
