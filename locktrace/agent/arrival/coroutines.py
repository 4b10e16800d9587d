"""Asyncio's locks: which tasks have held them, or awaited them, since before the agent came.

A task that awaits a lock awaits a future of its own. When that is done the task has what it waited
for, unless it was cancelled; its callback says so, in the loop's own thread.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, CoroutineType, FrameType
from typing import Any, NamedTuple

from locktrace.agent import tasks
from locktrace.agent.arrival.holds import Held
from locktrace.agent.arrival.intake import Intake, Who
from locktrace.agent.arrival.kinds import NAMING, code_of
from locktrace.agent.arrival.naming import name_used_at
from locktrace.agent.arrival.slots import Slots
from locktrace.agent.arrival.stack import awaited_at, managers, variable
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.table import entry_of, is_known

MOST_FRAMES = 64  # of one task
_WAITS = {
    "Barrier": ("_wait",),
    "Condition": ("wait",),
    "Event": ("wait",),
    "Lock": ("acquire",),
    "Queue": ("get", "join", "put"),
    "Semaphore": ("acquire",),
}
_HELD = frozenset({"Lock", "Semaphore"})


class Awaiting(NamedTuple):
    """A wait of a task that has begun in the ledger; `held`: it then has the lock."""

    entry: Any
    wait: Any
    subject: Any
    shared: bool
    held: bool


class Coroutines:
    """Looks at each task of each loop that runs.

    `hold` takes in what a task that is suspended holds of the types `of_threads`, which are none of
    asyncio's: its thread has it.
    """

    def __init__(
        self, intake: Intake, hold: Callable[[Who, Held], None], of_threads: tuple[type, ...]
    ) -> None:
        self._intake = intake
        self._hold_by_thread = hold
        self._of_threads = of_threads
        self._asyncio: Any = sys.modules.get("asyncio")
        self._functions: dict[CodeType | None, str] = {}
        self._classes: dict[type, str] = {}
        for name, methods in _WAITS.items() if self._asyncio is not None else ():
            cls = getattr(self._asyncio, name)
            self._classes[cls] = name
            self._functions.update((code_of(cls, method), name) for method in methods)

    def look(self, threads: list[Who]) -> None:
        """Put what tasks hold and await into the ledger; holds first."""
        if not self._classes:
            return
        whose = {who.ident: who for who in threads}
        found = [
            (task, whose[loop._thread_id])
            for loop in self._loops()
            if loop._thread_id in whose
            for task in self._asyncio.all_tasks(loop)
        ]
        for loop in self._loops():
            if loop._thread_id in whose:
                who = whose[loop._thread_id]
                tasks.loop_found(loop, who.ident, who.native_id)
        steps: tuple[Callable[[Any, Who], None], ...] = (self._find_holds, self._find_waits)
        for step in steps:
            for task, who in found:
                step(task, who)

    def _loops(self) -> list[Any]:
        base = self._asyncio.BaseEventLoop
        return [found for found in gc.get_objects() if base in type(found).__mro__]

    def _find_holds(self, task: Any, who: Who) -> None:
        slots = self._intake.slots
        of_threads = () if task.get_coro().cr_running else self._of_threads
        for frame in _frames(task):
            for manager in managers(frame, slots, of_threads):
                at = frame.f_lasti, manager.site
                self._hold_by_thread(who, Held(manager.subject, frame, *at, alone=True))
            for manager in managers(frame, slots, tuple(self._classes)):
                subject: Any = manager.subject
                kind = self._classes.get(type(subject), "")
                if kind == "Condition":
                    kind, subject = "Lock", subject._lock
                if kind in _HELD and not is_known(f"asyncio.{kind}", subject):
                    self._hold(task, who, kind, subject, frame, manager.site)

    def _hold(
        self, task: Any, who: Who, kind: str, subject: Any, frame: FrameType, site: int
    ) -> None:
        entry = entry_of(f"asyncio.{kind}", subject)
        if entry is None:
            return
        actor = tasks.actor_in(task, who.ident, who.native_id)
        tap.recorder.acquired(entry, kind == "Semaphore", frame, actor)
        self._intake.found(entry)
        self._intake.name(entry, name_used_at(frame, site, NAMING, self._intake.slots))

    def _find_waits(self, task: Any, who: Who) -> None:
        future = getattr(task, "_fut_waiter", None)
        if future is None or future.done():
            return
        begun: list[Awaiting] = []
        caller: FrameType | None = None
        for frame in _frames(task):
            kind = self._functions.get(frame.f_code)
            subject = variable(frame, "self", self._intake.slots, tuple(self._classes))
            entry = entry_of(f"asyncio.{kind}", subject) if kind and subject is not None else None
            if entry is not None and kind is not None:
                begun.append(self._wait(task, who, kind, entry, subject, caller or frame))
            if not _is_of_asyncio(frame):
                caller = frame
        if begun:
            actor = tasks.actor_in(task, who.ident, who.native_id)
            future.add_done_callback(partial(_done, task, actor, begun, self._intake.slots))

    def _wait(
        self, task: Any, who: Who, kind: str, entry: Any, subject: Any, caller: FrameType
    ) -> Awaiting:
        shared, actor = kind == "Semaphore", tasks.actor_in(task, who.ident, who.native_id)
        wait = tap.recorder.waiting(entry, shared, False, caller, actor)
        self._intake.found(wait)
        name = name_used_at(caller, awaited_at(caller), NAMING, self._intake.slots)
        self._intake.name(entry, name)
        return Awaiting(entry, wait, subject, shared, kind in _HELD)


def _is_of_asyncio(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("asyncio.")


def _frames(task: Any) -> Iterator[FrameType]:
    """The frames of a task's coroutines, from the outermost inwards."""
    coroutine = task.get_coro()
    for _ in range(MOST_FRAMES):
        if type(coroutine) is not CoroutineType or coroutine.cr_frame is None:
            return
        yield coroutine.cr_frame
        coroutine = coroutine.cr_await


def _frame_holding(task: Any, subject: Any, slots: Slots) -> FrameType | None:
    """The frame of `task` that is in a block which will release `subject`."""
    for frame in _frames(task):
        for manager in managers(frame, slots, (type(subject),)):
            if manager.subject is subject:
                return frame
    return None


def _done(task: Any, actor: Any, begun: list[Awaiting], slots: Slots, _future: Any) -> None:
    """The future that the task awaited is done; never raises into the loop."""
    try:
        for one in reversed(begun):
            tap.recorder.waited(one.wait)
            # The task has been woken before us: it may have released the lock by now.
            where = _frame_holding(task, one.subject, slots) if one.held else None
            if where is not None:
                tap.recorder.acquired(one.entry, one.shared, where, actor)
    except BaseException as error:
        if not tap.swallow(error):
            raise
