"""`threading.Event`: waits only, for nobody holds one."""

from __future__ import annotations

import threading
from sys import _getframe
from typing import Any

from locktrace.agent.ledger import HIDDEN
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable


def patch(patches: Patches) -> None:
    """Trace every Event but the one that each Thread makes to wait for its own start."""
    table = EntryTable("Event")
    thread_init = threading.Thread.__init__.__code__

    def init(original: Any) -> Any:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            frame = _getframe(1)
            if frame.f_code is not thread_init:
                table.construct(self, frame, original, args, kwargs)
                return
            actor = tap.recorder.actor()
            outer, actor.building = actor.building, HIDDEN
            try:
                table.construct(self, frame, original, args, kwargs)
            finally:
                actor.building = outer

        return __init__

    def wait(original: Any) -> Any:
        def wait(self: Any, timeout: float | None = None) -> Any:
            entry = None if self._flag else table.of(self)
            if entry is None:
                return original(self, timeout)
            timed = timeout is not None
            return tap.block(entry, True, timed, _getframe(1), original, self, timeout)

        return wait

    patches.wrap(threading.Event, "__init__", init)
    patches.wrap(threading.Event, "wait", wait)
