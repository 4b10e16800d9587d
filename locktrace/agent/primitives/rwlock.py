"""Read-write locks that an application registers by the names of their methods."""

from __future__ import annotations

from sys import _getframe
from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable


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

    def init(original: Any) -> Any:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            table.construct(self, _getframe(1), original, args, kwargs)

        return __init__

    patches.wrap(spec.cls, "__init__", init)
    for (acquire, release), attempt, shared in (
        (spec.read, spec.try_read, True),
        (spec.write, spec.try_write, False),
    ):
        _patch_mode(patches, spec.cls, table, acquire, release, attempt, shared)


def _patch_mode(
    patches: Patches,
    cls: type,
    table: EntryTable,
    acquire: str,
    release: str,
    attempt: str | None,
    shared: bool,
) -> None:
    try_plain = getattr(cls, attempt) if attempt is not None else None
    release_plain = getattr(cls, release)

    def make_acquire(original: Any) -> Any:
        def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
            entry = table.of(self)
            if entry is None:
                return original(self, *args, **kwargs)
            frame = _getframe(1)
            plain = try_plain is not None and not args and not kwargs
            if plain and try_plain(self):
                got = None  # what a blocking acquire without arguments gives is of no interest
            else:
                timed = bool(args or kwargs)
                got = tap.block(entry, shared, timed, frame, _call, original, self, args, kwargs)
            if got is not False:
                tap.take(entry, shared, frame, lambda: release_plain(self))
            return got

        return acquire

    def make_attempt(original: Any) -> Any:
        def attempt(self: Any, *args: Any, **kwargs: Any) -> Any:
            got = original(self, *args, **kwargs)
            entry = table.of(self) if got else None
            if entry is not None:
                tap.take(entry, shared, _getframe(1), lambda: release_plain(self))
            return got

        return attempt

    def make_release(original: Any) -> Any:
        def release(self: Any, *args: Any, **kwargs: Any) -> Any:
            entry = table.of(self)
            hold = tap.give_up(entry, shared) if entry is not None else None
            try:
                return original(self, *args, **kwargs)
            except BaseException:
                if entry is not None:
                    tap.recorder.restore(entry, hold)
                raise

        return release

    patches.wrap(cls, acquire, make_acquire)
    patches.wrap(cls, release, make_release)
    if attempt is not None:
        patches.wrap(cls, attempt, make_attempt)


def _call(original: Any, self: Any, args: Any, kwargs: Any) -> Any:
    return original(self, *args, **kwargs)
