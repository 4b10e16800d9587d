"""A process may lie in its memory: whatever is found there, it is read in bounded pieces."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable

import pytest

from locktrace.launch.inject.memory import MOST_BYTES, Library, Memory

DYNAMIC_AT, HASH_AT = 256, 512
NOWHERE = (1 << 64) - 4096


def image(*, table: int = 64, dynamic: int = DYNAMIC_AT, size: int = 64, hashes: int = HASH_AT,
          buckets: int = 1, bloom: int = 0) -> bytes:  # fmt: skip
    """What is mapped of an ELF object whose one chain of symbols is endless."""
    head = b"\x7fELF\x02\x01\x01".ljust(32, b"\0") + struct.pack("<Q", table)
    head = head.ljust(54, b"\0") + struct.pack("<HH", 56, 1)
    header = struct.pack("<IIQQQQQQ", 2, 0, 0, dynamic, 0, size, size, 0)
    entries = struct.pack("<6Q", 5, HASH_AT, 6, HASH_AT, 0x6FFFFEF5, hashes)
    whole = (head.ljust(64, b"\0") + header).ljust(DYNAMIC_AT, b"\0") + entries
    return (whole.ljust(HASH_AT, b"\0") + struct.pack("<IIII", buckets, 0, bloom, 0)).ljust(4096)


def found(content: bytes) -> int | None:
    """What a look for a symbol finds in such an object."""
    kept = ctypes.create_string_buffer(content, len(content))
    with Memory(os.getpid()) as memory:
        return Library(memory, ctypes.addressof(kept)).find("Py_Version")


@pytest.mark.parametrize(
    "content",
    [
        image(table=NOWHERE),
        image(dynamic=NOWHERE),
        image(size=1 << 62),
        image(hashes=NOWHERE),
        image(bloom=(1 << 32) - 1),
        image(buckets=(1 << 32) - 1),
        image()[:600],
    ],
)
def test_what_makes_no_sense_is_an_error_of_reading(content: bytes) -> None:
    with pytest.raises((OSError, ValueError)):
        found(content)


def test_an_object_without_symbols_has_none() -> None:
    assert found(image(buckets=0)) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda memory: memory.read(NOWHERE, 8),
        lambda memory: memory.read(4096, MOST_BYTES + 1),
        lambda memory: memory.write(NOWHERE, b"1"),
        lambda memory: memory.text(NOWHERE + 1),
    ],
)
def test_no_address_and_no_size_is_taken_on_trust(act: Callable[[Memory], object]) -> None:
    with Memory(os.getpid()) as memory, pytest.raises(OSError, match="cannot be"):
        act(memory)
