"""What `run` says on stderr, where the program speaks too and where perhaps nobody reads."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import TextIO

NOBODY_READS_S = 0.5
"""A reader that has taken nothing for that long, when there is a program to be ended, is none."""


class Stderr:
    """Says what it is told in order; what could not be said in time comes first the next time."""

    def __init__(self) -> None:
        self._unsaid = b""

    def say(self, text: str, patience_s: float | None = None) -> None:
        """Waits until all is taken, or nothing has been for `patience_s` seconds; no error if
        nobody is there, or none was to begin with: a program that hangs is ended all the same."""
        stream: TextIO | None = sys.stderr
        if stream is None or stream.closed:  # None: Python was started without one
            return
        self._unsaid += text.encode("utf-8", "replace")
        try:
            number = stream.fileno()
        except OSError:  # not a file, as in a test
            self._unsaid = b""
            stream.write(text)
            return
        try:
            stream.flush()
            self._write(number, patience_s)
        except OSError:
            self._unsaid = b""

    def _write(self, number: int, patience_s: float | None) -> None:
        poll = select.poll()
        poll.register(number, select.POLLOUT)
        wait_ms = None if patience_s is None else int(patience_s * 1000)
        while self._unsaid and poll.poll(wait_ms):
            try:  # so much goes into a pipe at once that has any room
                taken = os.write(number, self._unsaid[: select.PIPE_BUF])
            except BlockingIOError:  # the program has made it so, and it is full
                time.sleep(0.01)
                continue
            self._unsaid = self._unsaid[taken:]
