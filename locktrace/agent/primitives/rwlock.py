"""Read-write locks that an application registers by the names of their methods."""

from __future__ import annotations

from functools import partial
from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Usual
from locktrace.agent.stacks import caller
from locktrace.wire.events import TIMED, TRY


class RWLockSpec:
    """Which methods of `cls` take and give which mode; names checked when it is made."""

    __slots__ = ("cls", "read", "try_read", "try_write", "write")

    def __init__(
        self,
        cls: type,
        read: tuple[str, str],
        write: tuple[str, str],
        try_read: str | None,
        try_write: str | None,
    ) -> None:
        if not isinstance(cls, type):
            raise TypeError(f"register_rwlock needs a class, not {type(cls).__name__}")
        for name in (*read, *write, try_read, try_write):
            if name is not None and not callable(getattr(cls, name, None)):
                raise TypeError(f"register_rwlock: {cls.__name__} has no method {name!r}")
        self.cls = cls
        self.read = read
        self.write = write
        self.try_read = try_read
        self.try_write = try_write


def patch(patches: Patches, spec: RWLockSpec) -> None:
    """Trace every lock of the registered class."""
    table = EntryTable(spec.cls.__name__)
    table.trace_init(patches, spec.cls)
    for (acquire, release), attempt, shared in (
        (spec.read, spec.try_read, True),
        (spec.write, spec.try_write, False),
    ):
        side = _Side(spec.cls, table, release, attempt, shared)
        patches.wrap(spec.cls, acquire, side.traced_acquire, side.usual_acquire())
        patches.wrap(spec.cls, release, side.traced_release, side.usual_release())
        if attempt is not None:
            patches.wrap(spec.cls, attempt, side.traced_attempt)


class _Side:
    """The read side or the write side of a registered class."""

    def __init__(
        self, cls: type, table: EntryTable, release: str, attempt: str | None, shared: bool
    ) -> None:
        self._table = table
        self._shared = shared
        self._release: Any = getattr(cls, release)
        self._attempt: Any = getattr(cls, attempt) if attempt is not None else None

    def traced_acquire(self, original: Any) -> Any:
        table, shared, attempt = self._table, self._shared, self._attempt

        def acquire(lock: Any, /, *args: Any, **kwargs: Any) -> Any:
            entry = table.of(lock)
            if entry is None:
                return original(lock, *args, **kwargs)
            frame = caller()
            got = None  # what a blocking acquire without arguments returns is of no interest
            if attempt is None or args or kwargs or not attempt(lock):
                timed = bool(args or kwargs)
                undo = partial(self._release, lock)
                call = partial(original, lock, *args, **kwargs)
                got = tap.block(entry, shared, timed, frame, undo, call)
            if got is not False:
                manner = TIMED if args or kwargs else 0
                tap.take(entry, shared, frame, partial(self._release, lock), manner=manner)
            return got

        return acquire

    def usual_acquire(self) -> Usual | None:
        if self._attempt is None:
            return None
        return Usual(self._attempt, self._table.rows, None, None, self._shared)

    def usual_release(self) -> Usual:
        return Usual(self._release, self._table.rows, NotImplemented, None, self._shared)

    def traced_attempt(self, original: Any) -> Any:
        table, shared = self._table, self._shared

        def attempt(lock: Any, /, *args: Any, **kwargs: Any) -> Any:
            got = original(lock, *args, **kwargs)
            entry = table.of(lock) if got else None
            if entry is not None:
                tap.take(entry, shared, caller(), partial(self._release, lock), manner=TRY)
            return got

        return attempt

    def traced_release(self, original: Any) -> Any:
        table, shared = self._table, self._shared

        def release(lock: Any, /, *args: Any, **kwargs: Any) -> Any:
            entry = table.of(lock)
            if entry is None:
                return original(lock, *args, **kwargs)
            hold = tap.give_up(entry, shared)
            try:
                return original(lock, *args, **kwargs)
            except BaseException:
                tap.restore(entry, hold)
                raise

        return release
