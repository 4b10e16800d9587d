"""How far a long scan is, on standard error, where somebody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

QUIET_S = 0.5


class Progress:
    """Says nothing for `QUIET_S`, then rewrites one line of `stream` (or stderr), if a terminal."""

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._started = clock()
        self._shown = False

    def __call__(self, done: int, of: int) -> None:
        if self._stream.isatty() and self._clock() - self._started > QUIET_S:
            self._shown = True
            self._stream.write(f"\rscanning: {done:,} of {of:,} files\x1b[K")
            self._stream.flush()

    def close(self) -> None:
        """Leave the line clean."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
