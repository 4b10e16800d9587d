"""Reads the pieces of a DNS message, strictly."""

from __future__ import annotations

import struct

from locktrace_demo.protocol.name import Name

_LONGEST_LABEL = 63
_POINTER = 0xC0
_LONGEST_NAME = 255
_MOST_POINTERS = 127  # as many as a name can have labels


class MalformedError(Exception):
    """The bytes are no DNS message."""


class Reader:
    """Reads forward through a message (RFC 1035, 4.1); raises MalformedError where it is wrong.

    dnslib's own parser lets labels over 63 bytes and names over 255 pass, takes labels that
    are not UTF-8 for errors, and recurses once per compression pointer.
    """

    def __init__(self, wire: bytes) -> None:
        self._wire = wire
        self._offset = 0

    @property
    def at_end(self) -> bool:
        return self._offset == len(self._wire)

    def take(self, size: int) -> bytes:
        piece = self._slice(self._offset, size)
        self._offset += size
        return piece

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def name(self) -> Name:
        """A name, compressed or not."""
        labels: list[bytes] = []
        offset = self._offset
        end = None
        size = 1
        pointers = 0
        while length := self._slice(offset, 1)[0]:
            if length <= _LONGEST_LABEL:
                labels.append(self._slice(offset + 1, length))
                offset += 1 + length
                size += 1 + length
            else:
                end = end or offset + 2
                pointers += 1
                offset = self._pointer(offset)
            # Checked at each step, as pointers may lead round in a circle.
            if size > _LONGEST_NAME or pointers > _MOST_POINTERS:
                raise MalformedError("a name is too long")
        self._offset = end or offset + 1
        return Name(tuple(labels))

    def _pointer(self, offset: int) -> int:
        high, low = self._slice(offset, 2)
        target = (high - _POINTER) << 8 | low
        if high < _POINTER or target >= offset:
            raise MalformedError("a label is neither text nor a pointer back")
        return target

    def _slice(self, offset: int, size: int) -> bytes:
        piece = self._wire[offset : offset + size]
        if len(piece) != size:
            raise MalformedError("the message ends too early")
        return piece
