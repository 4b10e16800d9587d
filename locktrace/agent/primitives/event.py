"""`threading.Event`: waits only, for nobody holds one."""

from __future__ import annotations

import threading
from typing import Any

from locktrace.agent.primitives import compounds, tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.stacks import caller

TABLE = EntryTable("Event")
TABLE.hide_from(threading.Thread.__init__)


def patch(patches: Patches) -> None:
    """Trace every Event but those that hidden functions make, as a Thread's of its own start."""
    table = TABLE

    def traced_wait(original: Any) -> Any:
        def wait(self: Any, timeout: float | None = None) -> Any:
            if self._flag:
                return original(self, timeout)
            frame, timed = caller(), timeout is not None
            owners = compounds.waited_for(frame)
            if owners:  # the event is how they wait, and nothing more
                return compounds.block(None, owners, timed, frame, original, self, timeout)
            entry = table.of(self)
            if entry is None:
                return original(self, timeout)
            return tap.block(entry, True, timed, frame, None, original, self, timeout)

        return wait

    table.trace_init(patches, threading.Event)
    patches.wrap(threading.Event, "wait", traced_wait)
