"""`threading.Semaphore` and `BoundedSemaphore`: each permit taken is a shared hold."""

from __future__ import annotations

import threading
from sys import _getframe
from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable


def patch(patches: Patches) -> None:
    """Trace every semaphore, those made before included."""
    table = EntryTable("Semaphore")

    def init(original: Any) -> Any:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            table.construct(self, _getframe(1), original, args, kwargs)

        return __init__

    def acquire(original: Any) -> Any:
        def acquire(self: Any, blocking: bool = True, timeout: float | None = None) -> Any:
            entry = table.of(self)
            if entry is None or not (blocking or timeout is None):
                return original(self, blocking, timeout)
            frame = _getframe(1)
            got = original(self, False) or (
                blocking
                and tap.block(
                    entry, True, timeout is not None, frame, original, self, True, timeout
                )
            )
            if got:
                tap.take(entry, True, frame, self.release)
            return got

        return acquire

    def release(original: Any) -> Any:
        def release(self: Any, n: int = 1) -> None:
            entry = table.of(self)
            holds = [tap.give_up(entry, True) for _ in range(n)] if entry is not None else []
            try:
                original(self, n)
            except BaseException:
                for hold in holds:
                    tap.recorder.restore(entry, hold)
                raise

        return release

    patches.wrap(threading.Semaphore, "__init__", init)
    patches.wrap(threading.Semaphore, "acquire", acquire)
    patches.replace(threading.Semaphore, "__enter__", threading.Semaphore.acquire)
    patches.wrap(threading.Semaphore, "release", release)
    patches.wrap(threading.BoundedSemaphore, "release", release)
