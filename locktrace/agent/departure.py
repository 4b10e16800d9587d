"""Threads of ours that end: a program must not end before them.

One that still runs when the interpreter ends is ended by `pthread_exit`, for which glibc opens
libgcc_s: that aborts a process without a free descriptor, or in a root without that file.
"""

from __future__ import annotations

import _thread
import os
import time
from collections.abc import Callable


def await_vanishing(native_id: int, seconds: float) -> None:
    """That thread has nothing left to do; until it is no thread of this process any more."""
    deadline = time.monotonic() + seconds
    while _is_there(native_id) and time.monotonic() < deadline:
        time.sleep(0)


def _is_there(native_id: int) -> bool:
    """Asked without /proc, which another root may lack."""
    try:
        os.getpriority(os.PRIO_PROCESS, native_id)
    except OSError:
        return False
    return True


class Departure:
    """The thread in which an observer has the agent taken out; there is one at a time."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self.leave = leave
        self._under_way = _thread.allocate_lock()
        self._thread_id = 0

    def start(self) -> bool:
        """Leave, in a thread of its own; False if there can be none."""
        if not self._under_way.acquire(False):
            return True
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:
            self._under_way.release()
            return False
        return True

    def _run(self) -> None:
        self._thread_id = _thread.get_native_id()
        try:
            self.leave()
        finally:
            self._under_way.release()

    def await_end(self, seconds: float) -> None:
        """Until there is no such thread, `seconds` at most."""
        if self._under_way.acquire(True, seconds):
            self._under_way.release()
            if self._thread_id:
                await_vanishing(self._thread_id, seconds)
