"""A traced RLock is one hold however deep, and lets a Condition take it apart."""

from __future__ import annotations

import _thread
import copy
import threading
from typing import Any

import pytest

from tests.agent.conftest import Tracing


def outcome(arguments: tuple[Any, ...]) -> tuple[type, str]:
    with pytest.raises((ValueError, OverflowError)) as raised:
        threading.RLock().acquire(*arguments)
    return raised.type, str(raised.value)


BAD: list[tuple[Any, ...]] = [(False, 1), (True, -2), (True, 1e20)]
PLAIN = [outcome(arguments) for arguments in BAD]


def test_nested_acquires_are_one_hold_until_the_last_release(tracing: Tracing) -> None:
    lock = threading.RLock()
    with lock:
        with lock:
            assert len(tracing.holds()) == 1
        assert len(tracing.holds()) == 1
    assert tracing.holds() == []
    assert tracing.totals()["acquisitions"] == 2


def test_it_is_an_instance_of_the_real_type_and_looks_like_one(tracing: Tracing) -> None:
    lock = threading.RLock()
    assert isinstance(lock, _thread.RLock)
    assert repr(lock).startswith("<unlocked _thread.RLock object owner=0 count=0 at 0x")
    with pytest.raises(TypeError, match="cannot pickle"):
        copy.copy(lock)


def test_a_release_by_a_stranger_raises_and_changes_nothing(tracing: Tracing) -> None:
    lock = threading.RLock()
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
    assert len(tracing.holds("RLock")) == 1
    assert tracing.totals("RLock")["foreign"] == 0
    lock.release()


def test_a_condition_wait_gives_up_all_levels_and_takes_them_back(tracing: Tracing) -> None:
    lock = threading.RLock()
    condition = threading.Condition(lock)
    with lock, condition:
        assert not condition.wait(timeout=0.01)
        assert len(tracing.holds("RLock")) == 1
        lock.release()
        lock.release()
        assert tracing.holds("RLock") == []
        lock.acquire()
        lock.acquire()
    assert tracing.holds("RLock") == []


@pytest.mark.parametrize(("arguments", "plain"), list(zip(BAD, PLAIN, strict=True)))
def test_bad_arguments_raise_as_with_a_plain_one(
    tracing: Tracing, arguments: Any, plain: Any
) -> None:
    assert outcome(arguments) == plain
