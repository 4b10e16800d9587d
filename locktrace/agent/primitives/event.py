"""`threading.Event`: waits only, for nobody holds one."""

from __future__ import annotations

import threading
from sys import _getframe
from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable


def patch(patches: Patches) -> None:
    """Trace every Event but the one that each Thread makes to wait for its own start."""
    table = EntryTable("Event", hidden_from=threading.Thread.__init__.__code__)

    def traced_wait(original: Any) -> Any:
        def wait(self: Any, timeout: float | None = None) -> Any:
            entry = None if self._flag else table.of(self)
            if entry is None:
                return original(self, timeout)
            timed = timeout is not None
            return tap.block(entry, True, timed, _getframe(1), None, original, self, timeout)

        return wait

    patches.wrap(threading.Event, "__init__", table.traced_init)
    patches.wrap(threading.Event, "wait", traced_wait)
