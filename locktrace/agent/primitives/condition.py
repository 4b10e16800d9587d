"""`threading.Condition`: a wait is shown as one, its lock under it."""

from __future__ import annotations

import threading
from typing import Any

from locktrace.agent.primitives import compounds, tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import UsualWait
from locktrace.agent.stacks import caller


def patch(patches: Patches) -> None:
    """Trace every Condition, those made before included."""
    table = EntryTable("Condition")

    def traced_wait(original: Any) -> Any:
        def wait(self: Any, timeout: float | None = None) -> Any:
            entry = table.of(self)
            frame, timed = caller(), timeout is not None
            owners = compounds.waited_for(frame)
            if owners:
                return compounds.block(entry, owners, timed, frame, original, self, timeout)
            if entry is None:
                return original(self, timeout)
            return tap.block(entry, False, timed, frame, None, original, self, timeout)

        return wait

    table.trace_init(patches, threading.Condition)
    usual = UsualWait(threading.Condition.wait, table.rows, compounds.ROWS)
    patches.wrap(threading.Condition, "wait", traced_wait, usual)
