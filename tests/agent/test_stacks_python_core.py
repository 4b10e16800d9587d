"""Stacks are interned, bounded, and know which frame must answer for a release."""

from __future__ import annotations

import _thread
import contextlib
import sys
from collections.abc import Iterator
from types import FrameType

import pytest

from locktrace.agent import stacks
from locktrace.agent.ledger import Stack
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.stacks import StackTable
from tests.support import eventually


def here() -> FrameType:
    return sys._getframe(1)


def site(stack: Stack) -> str:
    return stack.frames[stack.site_index][0].co_name


def test_the_same_place_is_the_same_stack() -> None:
    table = StackTable()
    for depth in (2, 4, 6):
        first, second = [table.of(here(), depth) for _ in range(2)]
        assert first is second
        assert len(first.frames) == depth


def test_a_stack_shorter_than_the_depth_is_taken_whole(recorder: PythonRecorder) -> None:
    found: list[Stack] = []
    thread = _thread.start_new_thread(lambda: found.append(StackTable().of(here())), ())
    assert thread
    [stack] = eventually(lambda: found)
    assert len(stack.frames) == 1


def test_the_table_is_bounded_and_says_unknown_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "MAX_STACKS", 2)
    table = StackTable()
    known = table.of(here())
    assert known.id == 1
    assert table.of(here()) is table.unknown


def test_what_room_is_left_at_the_end_is_for_short_stacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stacks, "MAX_STACKS", 128)
    table = StackTable()

    def ways(left: int) -> None:
        if not left:
            table.of(here())
            return
        ways(left - 1), ways(left - 1), ways(left - 1)  # each is a way of its own
        ways(left - 1), ways(left - 1), ways(left - 1)

    ways(4)
    assert 120 <= len(table.by_id) < 128

    def new() -> Stack:
        return table.of(here())

    first, second = [new() for _ in range(2)]
    assert first is second
    assert first.frames[0][0] is new.__code__
    assert len(first.frames) == 2


def test_a_plain_function_answers_for_its_own_acquire() -> None:
    def work() -> Stack:
        return StackTable().of(here())

    stack = work()
    assert (site(stack), stack.judgeable) == ("work", True)


async def test_an_asynchronous_wrapper_hands_the_duty_to_the_coroutine_that_awaits_it() -> None:
    class Lock:
        async def __aenter__(self) -> Stack:
            return StackTable().of(here())

        async def __aexit__(self, *error: object) -> None:
            pass

    async def work() -> Stack:
        async with Lock() as stack:
            return stack

    stack = await work()
    assert (site(stack), stack.judgeable) == ("work", False)


def test_a_wrapper_named_acquire_hands_the_duty_to_its_caller() -> None:
    def acquire_table() -> Stack:
        return StackTable().of(here())

    def work() -> Stack:
        return acquire_table()

    stack = work()
    assert (site(stack), stack.judgeable, stack.site_steps) == ("work", True, 1)


def test_a_context_manager_made_of_a_generator_hands_it_to_the_with_block() -> None:
    found: list[Stack] = []

    @contextlib.contextmanager
    def locked() -> Iterator[None]:
        found.append(StackTable().of(here()))
        yield

    def work() -> None:
        with locked():
            pass

    work()
    assert (site(found[0]), found[0].judgeable) == ("work", True)


def test_a_class_that_locks_in_enter_hands_it_to_the_with_block() -> None:
    found: list[Stack] = []

    class Locked:
        def __enter__(self) -> None:
            found.append(StackTable().of(here()))

        def __exit__(self, *exc_info: object) -> None:
            pass

    def work() -> None:
        with Locked():
            pass

    work()
    assert site(found[0]) == "work"


def test_a_suspended_generator_proves_nothing() -> None:
    def rows() -> Iterator[Stack]:
        yield StackTable().of(here())

    [stack] = rows()
    assert not stack.judgeable
