"""How the visitor answers the command that has sent it."""

from __future__ import annotations

import struct

from locktrace.launch.inject.visit import PARTS_AT, parse
from locktrace.launch.inject.visitor.doors import DONE, SharedMemory

ANSWER_AT, ROOM = 512, 64


def test_an_answer_ends_where_it_ends_whatever_was_in_its_place_before() -> None:
    memory = bytearray(b"\x01" * (ANSWER_AT + ROOM))  # the library was there, to be loaded
    struct.pack_into("<4Q", memory, PARTS_AT, ANSWER_AT, ROOM, 0, 0)
    door = SharedMemory(memoryview(memory), b"")
    for text in ("ok=\nwhy=no", "why=" + "no" * ROOM):
        door.answer(text)
        said = bytes(memory[ANSWER_AT:]).split(b"\0")[0]
        assert parse(said) == parse(text[: ROOM - 1].encode())
    assert struct.unpack_from("<I", memory) == (DONE,)
