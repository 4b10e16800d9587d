"""Locks of one name are numbered, and the numbers of the dead are given again."""

from __future__ import annotations

import sys
from types import FrameType

from locktrace.agent import distinct_names
from locktrace.agent.distinct_names import DistinctNames


def test_the_lowest_number_that_no_living_lock_bears_is_given() -> None:
    names = DistinctNames()
    assert [names.give(id, "a") for id in range(4)] == ["a", "a #2", "a #3", "a #4"]
    assert names.give(9, "b") == "b"
    for id in (2, 0, 0, 77):
        names.take_back(id)
    assert [names.give(id, "a") for id in (10, 11, 12)] == ["a", "a #3", "a #5"]
    assert names.of(11) == "a #3"
    assert names.of(0) == ""


def test_nothing_is_kept_of_a_name_without_a_bearer() -> None:
    names = DistinctNames()
    for id in range(100):
        names.give(id, f"name {id}")
        names.take_back(id)
    assert not len(names)
    assert not names._ordinals


def test_the_work_for_a_name_does_not_grow_with_its_bearers() -> None:
    def lines(count: int) -> int:
        names, steps = DistinctNames(), 0

        def step(frame: FrameType, *_: object) -> object:
            nonlocal steps
            # A finalizer may come in between: it is not counted.
            steps += frame.f_code.co_filename == distinct_names.__file__
            return step

        tracer = sys.gettrace()
        sys.settrace(step)
        try:
            for id in range(count):
                names.give(id, "a")
        finally:
            sys.settrace(tracer)
        return steps

    assert 400 < lines(400) <= 4.1 * lines(100)
