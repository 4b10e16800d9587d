"""`queue.SimpleQueue`: waits for an item. Its type is C and cannot be changed by an attribute.

The C core exchanges the method in the type's method table. With the Python core a subclass takes
the type's place, so only the queues made from then on are traced.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Entry
from locktrace.agent.stacks import caller

TABLE = EntryTable("SimpleQueue")


class MethodTables(Protocol):
    """What of the C core exchanges the method."""

    def trace_simple_queue(
        self, cls: type, waiting: Callable[[Any, bool], Any] | None, rows: dict[int, Any], /
    ) -> bool:
        """Whether a `get` that blocks is seen from now on.

        `waiting(queue, timed)` is called before it unless `rows` has the queue's entry.
        """
        ...


def adopt(queue: Any, parent: Entry | None) -> None:
    """A queue that is an inner one of `parent`."""
    recorder = tap.recorder
    scope = recorder.build(parent)
    try:
        TABLE.add(queue, tap.create("SimpleQueue", None, True))
    finally:
        recorder.built(scope)


def patch(patches: Patches, module: Any, tables: MethodTables | None) -> None:
    """Trace the SimpleQueues of the module `queue`."""
    cls = module.SimpleQueue
    if isinstance(vars(cls).get("get"), type(_waiting)):  # the one written in Python
        patches.wrap(cls, "get", _traced_get)
    elif tables is not None:
        if tables.trace_simple_queue(cls, _waiting, TABLE.rows):
            patches.on_undo(lambda: tables.trace_simple_queue(cls, None, TABLE.rows))
    else:
        patches.replace(module, "SimpleQueue", _subclass(cls))


def _waiting(queue: Any, timed: bool) -> Any:
    begun = _begin(queue, timed, caller())
    return begun[1] if begun is not None else None


def _begin(queue: Any, timed: bool, frame: FrameType | None) -> tap.Begun | None:
    entry = TABLE.known(queue) or _named(queue)
    return tap.begin(entry, False, timed, frame) if entry is not None else None


def _named(queue: Any) -> Entry | None:
    entry = tap.create("SimpleQueue", None, True)
    if entry is not None:
        tap.recorder.call(entry, "SimpleQueue")
    return TABLE.add(queue, entry)


def _traced_get(original: Any) -> Any:
    def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
        if not block or not self.empty():
            return original(self, block, timeout)
        begun = _begin(self, timeout is not None, caller())
        try:
            return original(self, block, timeout)
        finally:
            tap.end(begun)

    return get


def _subclass(base: Any) -> type:
    class SimpleQueue(base):  # type: ignore[misc]
        __slots__ = ()
        __doc__ = base.__doc__
        get = _traced_get(base.get)

    SimpleQueue.__module__, SimpleQueue.__qualname__ = "queue", "SimpleQueue"  # as pickle finds it
    return SimpleQueue
