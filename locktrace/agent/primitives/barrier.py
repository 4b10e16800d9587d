"""`threading.Barrier`: waits for the others, and for those of the last round to leave."""

from __future__ import annotations

import threading
from sys import _getframe
from typing import Any

from locktrace.agent.primitives import compounds, tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable

_barriers = EntryTable("Barrier")


def patch(patches: Patches) -> None:
    """Trace every Barrier, those made before included."""
    table = _barriers

    def traced_wait(original: Any) -> Any:
        def _wait(self: Any, timeout: float | None) -> Any:
            entry = table.of(self)
            if entry is None:
                return original(self, timeout)
            frame = _getframe(1).f_back  # `Barrier.wait` has called us
            timed = timeout is not None
            return tap.block(entry, False, timed, frame, None, original, self, timeout)

        return _wait

    table.trace_init(patches, threading.Barrier)
    patches.wrap(threading.Barrier, "_wait", traced_wait)
    compounds.register_methods(threading.Barrier, ("_enter",), table)


def patch_processes(patches: Patches, module: Any) -> None:
    """Name the barriers of `multiprocessing.synchronize`, which are made by themselves."""
    _barriers.trace_init(patches, module.Barrier)
