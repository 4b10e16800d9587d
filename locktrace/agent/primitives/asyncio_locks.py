"""`asyncio`: Lock, Semaphore, Condition, Event, Barrier and Queue, with tasks as actors.

What is to be awaited stays a coroutine function of the same name, and what it waits for is
awaited by it, so cancellations, time-outs and results go their way untouched.
"""

from __future__ import annotations

from _thread import get_ident, get_native_id
from collections.abc import Callable
from sys import _getframe
from types import FrameType
from typing import Any

from locktrace.agent import awaits, tasks
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Actor
from locktrace.agent.stacks import caller

Blocks = Callable[[Any], object]
"""Whether a call on such an object is going to wait; nothing can change before it does."""


def patch(patches: Patches, asyncio: Any) -> None:
    """Trace asyncio's primitives, those made before included."""
    tasks.arrived(asyncio)
    patches.on_undo(awaits.forget)
    patches.on_undo(tasks.left)
    for module in (asyncio, asyncio.events):
        patches.replace(module, "_set_running_loop", _traced_set(asyncio._set_running_loop))
    for cls, shared, blocks in (
        (asyncio.Lock, False, lambda lock: lock._locked or lock._waiters),
        (asyncio.Semaphore, True, lambda semaphore: semaphore.locked()),
    ):
        table = EntryTable(f"asyncio.{cls.__name__}")
        table.trace_init(patches, cls)
        patch_held(patches, cls, table, shared, blocks)
    _patch_waits(patches, asyncio.Condition, wait=lambda _: True)
    _patch_waits(patches, asyncio.Event, wait=lambda event: not event._value)
    _patch_waits(patches, asyncio.Barrier, _wait=lambda _: True)
    _patch_waits(
        patches,
        asyncio.Queue,
        get=lambda queue: queue.empty(),
        put=lambda queue: queue.full(),
        join=lambda queue: queue._unfinished_tasks,
    )


def _traced_set(original: Any) -> Any:
    def _set_running_loop(loop: Any, /) -> None:
        original(loop)
        tasks.loop_runs(loop)

    return _set_running_loop


def patch_held(
    patches: Patches,
    cls: Any,
    table: EntryTable,
    shared: bool,
    blocks: Blocks,
    acquire: str = "acquire",
    release: str = "release",
) -> None:
    """Trace what tasks hold between `acquire`, which is awaited, and `release`, which is not."""
    patches.wrap(cls, acquire, _acquire_tracer(table, shared, blocks, release))
    patches.wrap(cls, release, lambda original: _traced_release(table, shared, original))


def _patch_waits(patches: Patches, cls: Any, **blocks: Blocks) -> None:
    table = EntryTable(f"asyncio.{cls.__name__}")
    table.trace_init(patches, cls)
    for name, predicate in blocks.items():
        patches.wrap(cls, name, _wait_tracer(table, predicate))


def _acquire_tracer(table: EntryTable, shared: bool, blocks: Blocks, release: str) -> Any:
    def traced_acquire(original: Any) -> Any:
        async def acquire(self: Any) -> Any:
            entry = table.of(self)
            if entry is None:
                return await original(self)
            actor, outside = _acquirer(_getframe())  # kept nowhere: it would keep itself alive
            if blocks(self):
                begun = tap.begin(entry, shared, False, outside or caller(), actor)
                try:
                    got = await original(self)
                finally:
                    tap.end(begun)
            else:
                got = await original(self)
            tap.take(entry, shared, outside or caller(), getattr(self, release), actor)
            return got

        return acquire

    return traced_acquire


def _acquirer(frame: FrameType) -> tuple[Actor | None, FrameType | None]:
    """Who acquires in `frame`, and if it is not the calling task, where that is now.

    Nobody knows for whom a task acquires that does nothing else: then it is the thread.
    """
    try:
        running = tasks.current()
        task = tasks.beneficiary(running, frame) if running is not None else None
        if task is None:
            return tap.recorder.thread(get_ident(), get_native_id()), None
        outside = tasks.suspended_frame(task) if task is not running else None
        return tasks.actor_of(task), outside
    except BaseException as error:
        if not tap.swallow(error):
            raise
        return None, None


def _traced_release(table: EntryTable, shared: bool, original: Any) -> Any:
    def release(self: Any) -> Any:
        entry = table.of(self)
        if entry is None:
            return original(self)
        hold = tap.give_up(entry, shared, _here())
        try:
            return original(self)
        except BaseException:
            tap.restore(entry, hold)
            raise

    return release


def _wait_tracer(table: EntryTable, blocks: Blocks) -> Callable[[Any], Any]:
    def traced_wait(original: Any) -> Any:
        async def wait(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            entry = table.of(self) if blocks(self) else None
            if entry is None:
                return await original(self, *args, **kwargs)
            begun = tap.begin(entry, False, False, caller(), _here())
            try:
                return await original(self, *args, **kwargs)
            finally:
                tap.end(begun)

        return wait

    return traced_wait


def _here() -> Actor | None:
    try:
        return tasks.here()
    except BaseException as error:
        if not tap.swallow(error):
            raise
        return None
