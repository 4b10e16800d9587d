"""The read-write locks of `readerwriterlock`, `fasteners` and `aiorwlock`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from locktrace.agent.primitives import asyncio_locks, tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.stacks import caller


class Side(NamedTuple):
    """How one mode is taken and given back by methods of one class.

    `attempt(self)` takes it without waiting, as a call of `acquire` without arguments would;
    `lock_of(self)` is the lock that it is a mode of.
    """

    table: EntryTable
    shared: bool
    acquire: str
    release: str
    attempt: Callable[[Any, Any], Any] | None = None
    blocks: Callable[[Any], object] | None = None
    lock_of: Callable[[Any], Any] = lambda self: self


def patch_side(patches: Patches, cls: Any, side: Side) -> None:
    """Trace one mode of the locks of class `cls`."""
    patches.wrap(cls, side.acquire, lambda original: _traced_acquire(side, original))
    patches.wrap(cls, side.release, lambda original: _traced_release(side, original))


def _traced_acquire(side: Side, original: Any) -> Any:
    def acquire(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        entry = side.table.of(side.lock_of(self))
        if entry is None:
            return original(self, *args, **kwargs)
        frame = caller()
        release = partial(getattr(self, side.release), *(args if side.blocks else ()))
        if side.blocks is not None:
            got, waits = None, bool(side.blocks(self))
        else:
            got = bool(not args and not kwargs and side.attempt and side.attempt(original, self))
            waits = not got
        if waits:
            timed = bool(args or kwargs) and side.blocks is None
            call = partial(original, self, *args, **kwargs)
            got = tap.block(entry, side.shared, timed, frame, release, call)
        elif got is None:
            got = original(self, *args, **kwargs)
        if got is not False:
            tap.take(entry, side.shared, frame, release)
        return got

    return acquire


def _traced_release(side: Side, original: Any) -> Any:
    def release(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        entry = side.table.of(side.lock_of(self))
        if entry is None:
            return original(self, *args, **kwargs)
        hold = tap.give_up(entry, side.shared)
        try:
            return original(self, *args, **kwargs)
        except BaseException:
            tap.restore(entry, hold)
            raise

    return release


# -- readerwriterlock: objects for reading and for writing that one lock gives out


def patch_readerwriterlock(patches: Patches, module: Any) -> None:
    """Trace `readerwriterlock.rwlock`."""
    for name in ("RWLockRead", "RWLockWrite", "RWLockFair"):
        for cls in (getattr(module, name), getattr(module, name + "D", None)):
            if cls is not None:
                _patch_giver(patches, cls, EntryTable(cls.__name__))


def _patch_giver(patches: Patches, cls: Any, table: EntryTable) -> None:
    table.trace_init(patches, cls)
    for role, shared in ((cls._aReader, True), (cls._aWriter, False)):
        side = Side(table, shared, "acquire", "release", _without_waiting,
                    lock_of=lambda self: self.c_rw_lock)  # fmt: skip
        patch_side(patches, role, side)
    if hasattr(cls._aWriter, "downgrade"):
        patches.wrap(cls._aWriter, "downgrade", lambda original: _downgrade(table, original))


def _without_waiting(acquire: Any, lock: Any) -> Any:
    return acquire(lock, blocking=False)


def _downgrade(table: EntryTable, original: Any) -> Any:
    def downgrade(self: Any) -> Any:
        entry = table.of(self.c_rw_lock)
        if entry is None:
            return original(self)
        hold = tap.give_up(entry, False)
        try:
            reader = original(self)
        except BaseException:
            tap.restore(entry, hold)
            raise
        tap.take(entry, True, caller(), reader.release)
        return reader

    return downgrade


# -- fasteners


def patch_fasteners(patches: Patches, module: Any) -> None:
    """Trace `fasteners`: its lock between threads, and those between processes by a file."""
    lock = module.ReaderWriterLock
    table = EntryTable("ReaderWriterLock")
    table.trace_init(patches, lock)
    reads = Side(table, True, "_acquire_read_lock", "_release_read_lock", blocks=_bars_readers)
    writes = Side(table, False, "_acquire_write_lock", "_release_write_lock", blocks=_bars_writers)
    for side in (reads, writes):
        patch_side(patches, lock, side)
    _patch_between_processes(patches, module.InterProcessLock, {"acquire": "release"})
    _patch_between_processes(
        patches,
        module.InterProcessReaderWriterLock,
        {"acquire_read_lock": "release_read_lock", "acquire_write_lock": "release_write_lock"},
    )


def _bars_readers(lock: Any) -> object:
    return lock._writer is not None or lock._pending_writers


def _bars_writers(lock: Any) -> object:
    return lock._writer is not None or lock._pending_writers or lock._readers


def _patch_between_processes(patches: Patches, cls: Any, methods: dict[str, str]) -> None:
    table = EntryTable(cls.__name__)
    table.trace_init(patches, cls)
    for acquire, release in methods.items():
        side = Side(table, "read" in acquire, acquire, release, _without_waiting)
        patch_side(patches, cls, side)


# -- aiorwlock: two objects before a core that does the work


def patch_aiorwlock(patches: Patches, module: Any) -> None:
    """Trace `aiorwlock.RWLock`."""
    locks, cores = EntryTable("aiorwlock.RWLock"), EntryTable("aiorwlock.RWLock")
    core = module.RWLock.core

    def traced_init(original: Any) -> Any:
        init = locks.traced_init(original)

        def with_core(self: Any, /, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            cores.put(self._reader_lock._lock, locks.known(self))

        return with_core

    patches.wrap(module.RWLock, "__init__", traced_init)
    for mode, shared, blocks in (
        ("read", True, lambda c: c._write_waiters or c._r_state < 0 or c._w_state),
        ("write", False, lambda c: c._r_state or c._w_state),
    ):
        acquire, release = f"acquire_{mode}", f"release_{mode}"
        asyncio_locks.patch_held(patches, core, cores, shared, blocks, acquire, release)
