"""Asyncio's tasks as actors, and which task runs in which thread.

Asyncio is never imported from here: `arrived` is told when the program has done so. A task
becomes an actor when it first meets a traced primitive of asyncio.
"""

from __future__ import annotations

from _thread import get_ident, get_native_id
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any
from weakref import ref

from locktrace.agent.primitives import tap
from locktrace.agent.recorder import Actor

MAX_NAME = 200  # characters
MIN_SWEEP = 64  # tasks that are known before those that are done are looked for

_tasks: dict[int, tuple[Actor, ref[Any]]] = {}
_loops: dict[int, tuple[ref[Any], int]] = {}
_sweep_at = MIN_SWEEP

asyncio: Any = None
"""The module, once the program has imported it."""


def _no_loop() -> Any:
    return None


_running_loop: Callable[[], Any] = _no_loop
_current_task: Callable[[Any], Any] = id


def arrived(module: Any) -> None:
    """The program has imported asyncio, and this is it."""
    global asyncio, _running_loop, _current_task
    asyncio = module
    _running_loop, _current_task = asyncio._get_running_loop, asyncio.current_task


def left() -> None:
    """Tracing stops: who traces next meets the tasks anew, and none may wait twice."""
    global asyncio, _running_loop
    asyncio, _running_loop = None, _no_loop
    for actor, _task in list(_tasks.values()):
        tap.recorder.finished(actor)
    _tasks.clear()
    _loops.clear()


# -- what runs in the calling thread


def here() -> Actor | None:
    """The task that runs in the calling thread as an actor, None if none does."""
    task = current()
    return actor_of(task) if task is not None else None


def current() -> Any:
    """The task that runs in the calling thread, or None."""
    loop = _running_loop()
    return _current_task(loop) if loop is not None else None


def actor_of(task: Any) -> Actor:
    """The actor of `task`, whose event loop runs in the calling thread."""
    return actor_in(task, get_ident(), get_native_id())


def actor_in(task: Any, ident: int, native_id: int) -> Actor:
    """The actor of `task`, whose event loop runs in that thread."""
    return known(task) or _new_actor(task, ident, native_id)


def known(task: Any) -> Actor | None:
    row = _tasks.get(id(task))
    return row[0] if row is not None and row[1]() is task else None


def _new_actor(task: Any, ident: int, native_id: int) -> Actor:
    if len(_tasks) >= _sweep_at:
        sweep()
    actor = tap.recorder.task(title(task), ident, native_id)
    _tasks[id(task)] = (actor, ref(task))
    return actor


def title(task: Any) -> str:
    """``Task-3 (Server.handle)``."""
    coroutine = task.get_coro()
    name = getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
    return f"{task.get_name()} ({name})"[:MAX_NAME]


# -- what a task that was made for one acquire only does it for


def beneficiary(task: Any, frame: FrameType) -> Any:
    """Who `task` acquires for in `frame`: itself, or who waits for it if it does nothing else.

    Up to 3.11, `wait_for(lock.acquire(), 1)` makes a task of the acquire. None: nobody knows.
    """
    if getattr(task.get_coro(), "cr_frame", None) is not frame:
        return task
    for callback in getattr(task, "_callbacks", None) or ():
        waiting = _woken_by(callback[0])
        if waiting is not None:
            return waiting
    return None


def _woken_by(callback: Any) -> Any:
    """The task that `callback` of a future wakes, itself or through a future of `wait_for`."""
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return owner
    for future in getattr(callback, "args", ()):
        for inner in getattr(future, "_callbacks", None) or ():
            owner = getattr(inner[0], "__self__", None)
            if isinstance(owner, asyncio.Task):
                return owner
    return None


def suspended_frame(task: Any) -> FrameType | None:
    """Where a task that does not run is, as far as its own coroutines go."""
    found = None
    coroutine = task.get_coro()
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        if not frame.f_globals.get("__name__", "").startswith("asyncio."):
            found = frame
        coroutine = coroutine.cr_await
    return found


# -- for the publisher, from its own thread


def sweep() -> None:
    """Tasks that are done, or gone, are actors that have ended."""
    global _sweep_at
    for key, row in list(_tasks.items()):
        task = row[1]()
        if task is None or task.done():
            tap.recorder.finished(row[0])
            _tasks.pop(key, None)
    _sweep_at = 2 * len(_tasks) + MIN_SWEEP


def loops() -> list[tuple[Any, int, int]]:
    """Each event loop that runs, with the ids of its thread."""
    found = [(row[0](), ident, row[1]) for ident, row in list(_loops.items())]
    return [row for row in found if row[0] is not None] if asyncio is not None else []


def pending(loop: Any) -> set[Any]:
    """The tasks of `loop` that are not done."""
    found: set[Any] = asyncio.all_tasks(loop) if asyncio is not None else set()
    return found


def running() -> list[tuple[Actor, Actor | None]]:
    """For each thread that runs an event loop, as an actor: the task that runs in it now."""
    found = []
    for ident, (loop_ref, native_id) in list(_loops.items()):
        loop = loop_ref()
        if loop is None or asyncio is None:
            continue
        task = _current_task(loop)
        actor = (known(task) or _new_actor(task, ident, native_id)) if task is not None else None
        found.append((tap.recorder.thread(ident, native_id), actor))
    return found


def asleep(frames: Mapping[int, FrameType]) -> list[int]:
    """The OS ids of threads whose event loop waits, and has no callback, timer, file or signal
    that could wake it; `frames` are those of all threads, by ident.

    Only of asyncio's own loop is that known; of others nothing is said.
    """
    return [
        native_id
        for ident, (loop_ref, native_id) in list(_loops.items())
        if _sleeps_for_good(loop_ref(), frames.get(ident))
    ]


def _sleeps_for_good(loop: Any, frame: FrameType | None) -> bool:
    if asyncio is None or type(loop) is not asyncio.SelectorEventLoop or frame is None:
        return False
    selector = loop._selector
    if getattr(type(selector).select, "__code__", None) is not frame.f_code:
        return False
    files = selector.get_map() or ()
    only_its_own = len(files) == 1  # by which call_soon_threadsafe wakes it
    return only_its_own and not (loop._ready or loop._scheduled or loop._signal_handlers)


def loop_found(loop: Any, ident: int, native_id: int) -> None:
    """That thread was running `loop` when the agent came."""
    _loops.setdefault(ident, (ref(loop), native_id))


def loop_runs(loop: Any) -> None:
    """The calling thread runs `loop` from now on, or none any more."""
    if loop is None:
        _loops.pop(get_ident(), None)
    else:
        _loops[get_ident()] = (ref(loop), get_native_id())
