"""`threading.Semaphore` and `BoundedSemaphore`: each permit taken is a shared hold."""

from __future__ import annotations

import threading
from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Usual
from locktrace.agent.stacks import caller


def patch(patches: Patches) -> None:
    """Trace every semaphore, those made before included."""
    table = EntryTable("Semaphore")
    semaphore, bounded = threading.Semaphore, threading.BoundedSemaphore
    table.trace_init(patches, semaphore)
    usual = Usual(semaphore.acquire, table.rows, True, False, True, timed=True)
    patches.wrap(semaphore, "acquire", lambda original: _traced_acquire(table, original), usual)
    patches.replace(semaphore, "__enter__", semaphore.acquire)
    for cls in (semaphore, bounded):
        usual = Usual(cls.release, table.rows, NotImplemented, None, True)
        patches.wrap(cls, "release", lambda original: _traced_release(table, original), usual)


def _traced_acquire(table: EntryTable, original: Any) -> Any:
    def acquire(self: Any, blocking: bool = True, timeout: float | None = None) -> Any:
        entry = table.of(self)
        if entry is None or not (blocking or timeout is None):
            return original(self, blocking, timeout)
        frame = caller()
        timed = timeout is not None
        got = original(self, False) or (
            blocking
            and tap.block(entry, True, timed, frame, self.release, original, self, True, timeout)
        )
        if got:
            tap.take(entry, True, frame, self.release)
        return got

    return acquire


def _traced_release(table: EntryTable, original: Any) -> Any:
    def release(self: Any, n: int = 1) -> None:
        entry = table.of(self)
        if entry is None:
            original(self, n)
            return
        holds = [tap.give_up(entry, True) for _ in range(n)]
        try:
            original(self, n)
        except BaseException:
            for hold in holds:
                tap.restore(entry, hold)
            raise

    return release
