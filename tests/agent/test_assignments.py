"""Each value of an assignment is known by where it goes; what goes nowhere certain, by nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from locktrace.agent import names


class Watched:
    """`make()` notes where the result of each of its calls will be stored."""

    def __init__(self) -> None:
        self.stored: list[str | None] = []

    def make(self, *_arguments: object, **_options: object) -> int:
        caller = sys._getframe(1)
        where = names.target(caller.f_code, caller.f_lasti)
        self.stored.append(where[1] if where is not None else None)
        return 1


def pair(make: Any, it: Any) -> None:
    _a, _b = make(), make()


def pair_of_attributes(make: Any, it: Any) -> None:
    it.a, it.b = make(3), make(size=4)


def six(make: Any, it: Any) -> None:
    _a, _b, it.c, _d, _e, _f = (make(), make(), make(), make(), make(), make())


def from_a_list(make: Any, it: Any) -> None:
    it.a, it.b = [make(), make()]


def chain(make: Any, it: Any) -> None:
    it.a = _b = make()


def beside_others(make: Any, it: Any) -> None:
    it.a, it.b, it.c = len("other"), make(), it.other


def items(make: Any, it: Any) -> None:
    it.table["a"], it.b = make(), make()


def starred(make: Any, it: Any) -> None:
    *_a, _b = make(), make()


def given_away(make: Any, it: Any) -> None:
    _a, _b = len(str(make())), str(make())


@pytest.mark.parametrize(
    ("assignment", "stored"),
    [
        (pair, ["_a", "_b"]),
        (pair_of_attributes, ["a", "b"]),
        (six, ["_a", "_b", "c", "_d", "_e", "_f"]),
        (from_a_list, ["a", "b"]),
        (chain, ["a"]),
        (beside_others, ["b"]),
        (items, [None, None]),
        (starred, [None, None]),
        (given_away, [None, None]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_where_each_value_goes(
    assignment: Callable[[Any, Any], None], stored: list[str | None]
) -> None:
    watched = Watched()
    assignment(watched.make, SimpleNamespace(table={}, other=0))
    assert watched.stored == stored
