"""Where a thread may be borrowed: nowhere that it could be inside the memory allocator."""

from __future__ import annotations

import pytest

from locktrace.launch.inject.memory import Mapping
from locktrace.launch.inject.safe_point import FUTEX, is_safe

ARENA = 0x7F6974000000
MAPPED = [Mapping(ARENA, ARENA + 2**17, 0, ""), Mapping(2**20, 2**21, 0, "/lib/libc.so.6")]


@pytest.mark.parametrize(
    ("argument", "safe"),
    [
        pytest.param(ARENA + 0x30, False, id="the lock of an arena"),
        pytest.param(ARENA + 0xB70, True, id="the first that an arena gave out"),
        pytest.param(2**20 + 64, False, id="a lock of the C library"),
        pytest.param(2**30, False, id="no memory"),
    ],
)
def test_who_waits_for_a_lock_is_borrowed_if_it_is_none_of_the_allocator(
    argument: int, safe: bool
) -> None:
    assert is_safe(MAPPED, asleep=True, call=FUTEX, argument=argument, place=0) is safe
