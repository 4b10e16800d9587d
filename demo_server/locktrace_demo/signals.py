"""Waiting for the signal to end."""

from __future__ import annotations

import select
import signal
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_ENDING = (signal.SIGINT, signal.SIGTERM)


class EndSignals:
    """Within its context SIGINT and SIGTERM end `wait`, not the process. For the main thread only.

    The wait is on a socket, not on a lock: nothing that holds a lock can hinder it.
    """

    def __enter__(self) -> EndSignals:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._handlers = {number: signal.signal(number, _nothing) for number in _ENDING}
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        return self

    def wait(self, seconds: float | None = None) -> None:
        """Return at the first SIGINT or SIGTERM since the context began, or after `seconds`."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._reader], [], [], left)[0]:
                return
            # One byte per signal: its number. Others may have handlers, too.
            if any(number in _ENDING for number in self._reader.recv(64)):
                return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()


def _nothing(*_: object) -> None:
    """Replaces the handler that would end the process."""
