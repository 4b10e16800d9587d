"""`queue.Queue`, `LifoQueue`, `PriorityQueue`: waits for an item, for room, or for the work's end.

Nobody holds a queue. Its mutex and its conditions are its inner locks; a call that need not wait
costs nothing more than those.
"""

from __future__ import annotations

from typing import Any

from locktrace.agent.primitives import compounds
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable


def patch(patches: Patches, module: Any) -> None:
    """Trace every queue of the module `queue`, those made before included."""
    table = EntryTable("Queue")
    table.trace_init(patches, module.Queue)
    compounds.register_methods(module.Queue, ("get", "put", "join"), table)
