"""Sockets of ours in a program that may close any descriptor and open its own at that number.

Daemons do: `os.closerange(3, 64)`, then their own files. A number alone proves nothing, so
the device and inode behind it are compared before each use.
"""

from __future__ import annotations

import contextlib
import os
import socket


class DescriptorLostError(OSError):
    """The number is closed, or the program's own by now."""


class Owned:
    """One socket, handed out only while its descriptor is still the one that was opened."""

    def __init__(self, opened: socket.socket) -> None:
        opened.setblocking(False)
        self._socket = opened
        self._identity = _identity(opened.fileno())

    @property
    def number(self) -> int:
        """What to poll, once `intact` has said yes."""
        return self._socket.fileno()

    @property
    def intact(self) -> bool:
        return self._identity is not None and self._identity == _identity(self._socket.fileno())

    @property
    def socket(self) -> socket.socket:
        """For one call; DescriptorLostError if it would reach a descriptor of the program's."""
        if not self.intact:
            raise DescriptorLostError("the program has closed a descriptor of the agent's")
        return self._socket

    def close(self) -> None:
        """Close it, or only forget the number when that is not ours any more."""
        if self.intact:
            self._socket.close()
        else:
            self._socket.detach()


class Wake:
    """Gets a thread out of `poll`. OSError if there is no descriptor left for it."""

    def __init__(self) -> None:
        self._reader, self._writer = map(Owned, socket.socketpair())

    @property
    def number(self) -> int:
        return self._reader.number

    @property
    def intact(self) -> bool:
        return self._reader.intact and self._writer.intact

    def ring(self) -> None:
        with contextlib.suppress(OSError):
            self._writer.socket.send(b"x")

    def drain(self) -> None:
        with contextlib.suppress(OSError):
            self._reader.socket.recv(4096)

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


def standard_streams_open() -> bool:
    """A descriptor opened while one of them is closed would take its place."""
    return None not in {_identity(number) for number in (0, 1, 2)}


def _identity(number: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino
