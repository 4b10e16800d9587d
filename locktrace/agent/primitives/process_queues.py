"""`multiprocessing`'s queues: who waits in `get`, be it for the reader's lock or for the pipe.

The wait is for the semaphore that readers take turns by, which stands for the queue. For the C
core alone: the other one knows no semaphores of the operating system.
"""

from __future__ import annotations

from typing import Any

from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.stacks import caller


def patch(patches: Patches, module: Any) -> None:
    """Trace `get` of every queue, `module` being `multiprocessing.queues`."""

    def traced_get(original: Any) -> Any:
        def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
            turns = _turns(self) if block and tap.recorder is not OFF else None
            if turns is None:
                return original(self, block, timeout)
            timed, frame = timeout is not None, caller()
            return tap.block(turns, True, timed, frame, None, original, self, block, timeout)

        return get

    def traced_simple_get(original: Any) -> Any:
        def get(self: Any) -> Any:
            turns = _turns(self) if tap.recorder is not OFF else None
            if turns is None:
                return original(self)
            return tap.block(turns, True, False, caller(), None, original, self)

        return get

    patches.wrap(module.Queue, "get", traced_get)
    patches.wrap(module.SimpleQueue, "get", traced_simple_get)


def _turns(queue: Any) -> Any:
    """The SemLock by which the readers of `queue` take turns; None if it has none."""
    return getattr(getattr(queue, "_rlock", None), "_semlock", None)
