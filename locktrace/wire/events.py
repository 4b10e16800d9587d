"""Lock events as fixed records of 48 bytes, which a C core can write by copying memory.

A record is (seq, time_ns, ref, lock, actor, stack, label, op, flags). `seq` counts the
agent's events, so a gap tells how many were dropped. `ref` is the id of the hold or wait
that the event begins or ends; `time_ns` is CLOCK_MONOTONIC.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from locktrace.wire.frames import FrameError

Event = tuple[int, int, int, int, int, int, int, int, int]

WAITING = 1  # a wait begins, before blocking
WAITED = 2  # a wait is over, with the lock or without
ACQUIRED = 3  # a hold begins
RELEASED = 4  # a hold ends
DESTROYED = 5  # the lock is gone

SHARED = 1  # flags of WAITING and ACQUIRED
TIMED = 2  # the acquire gives up by itself
FOUND = 4  # it was there when the agent came
LIKELY = 8  # a hold that was found, of which the agent is not sure
TRY = 16  # of ACQUIRED: the acquire could not block

MAX_ID = 0xFFFF_FFFF  # ids of locks, actors, stacks and labels begin again after it

RECORD = struct.Struct("<QQQIIIIBB6x")


def pack_events(events: Iterable[Event]) -> bytes:
    """The records, one after another."""
    pack = RECORD.pack
    return b"".join(
        [
            pack(
                seq, at, ref, lock & MAX_ID, actor & MAX_ID, stack & MAX_ID, label & MAX_ID,
                op, flags,
            )
            for seq, at, ref, lock, actor, stack, label, op, flags in events
        ]
    )  # fmt: skip


def unpack_events(payload: bytes) -> Iterator[Event]:
    """The events of a payload; FrameError when it is cut."""
    if len(payload) % RECORD.size:
        raise FrameError("an events payload is not a whole number of records")
    return RECORD.iter_unpack(payload)
