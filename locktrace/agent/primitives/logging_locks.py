"""`logging`: its locks are RLocks, traced as such; here they get the names that people know.

Handlers made before tracing are named too. `logging.StreamHandler.lock` says whose lock it is,
where the place that made it would only say `Handler.createLock`.
"""

from __future__ import annotations

from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches


def patch(patches: Patches, logging: Any) -> None:
    """Name the module's lock and those of its handlers, old and new."""

    def traced_create(original: Any) -> Any:
        def createLock(self: Any) -> None:  # noqa: N802  (logging's name)
            original(self)
            _name(self)

        return createLock

    patches.wrap(logging.Handler, "createLock", traced_create)
    _call(logging._lock, "logging._lock")
    for reference in list(logging._handlerList):
        handler = reference() if callable(reference) else reference
        if handler is not None:
            _name(handler)


def _name(handler: Any) -> None:
    cls = type(handler)
    module = cls.__module__ if cls.__module__ != "__main__" else ""
    _call(getattr(handler, "lock", None), f"{module}.{cls.__qualname__}.lock".lstrip("."))


def _call(lock: Any, name: str) -> None:
    try:
        tap.recorder.call(lock, name)
    except BaseException as error:
        if not tap.swallow(error):
            raise
