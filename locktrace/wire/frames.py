"""Length-prefixed frames: 4 bytes of payload length (big-endian), 1 byte of type, the payload."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

PROTOCOL = 1

# agent -> observer
HELLO = 1  # JSON: who the process is; the first frame of each side
DEFINE = 2  # JSON: locks, actors, stacks and labels that later frames name by id
LEDGER = 3  # JSON: every hold and wait, replacing all that was known
EVENTS = 4  # binary: a run of `wire.events` records
TOTALS = 5  # JSON: running totals of locks that changed; the heartbeat as well
STACKS = 6  # JSON: what each thread does now, as the interpreter itself sees it
BYE = 7  # JSON: why the agent ends the conversation
# observer -> agent
REQUEST = 16  # JSON: {"ask": "ledger" | "stacks" | "detach"}

# the reasons of a BYE after which nothing is missing
GOODBYE = "has exited"
DETACHED = "is no longer traced: it was detached"

HEADER = struct.Struct(">IB")
MAX_TO_OBSERVER = 16 * 1024 * 1024
MAX_TO_AGENT = 64 * 1024


class FrameError(ValueError):
    """The peer sent something that is no frame of this protocol; the message says what."""


def pack(kind: int, payload: bytes) -> bytes:
    """One frame, ready to send."""
    return HEADER.pack(len(payload), kind) + payload


def pack_json(kind: int, document: object) -> bytes:
    """One frame with a JSON payload."""
    return pack(kind, json.dumps(document, separators=(",", ":")).encode("utf-8", "replace"))


def unpack_json(payload: bytes) -> dict[str, Any]:
    """The JSON object in a payload; FrameError when it is anything else."""
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a payload is not JSON ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise FrameError("a payload is not a JSON object")
    return document


class FrameReader:
    """Cuts a stream of bytes into frames of at most `limit` payload bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Add `data`; yield each (type, payload) now complete. FrameError on an oversized one."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, kind = HEADER.unpack_from(self._buffer)
            if length > self._limit:
                raise FrameError(f"a frame of {length} bytes is over the cap of {self._limit}")
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield kind, payload
