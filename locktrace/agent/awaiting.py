"""What the tasks of all event loops await at this moment, as asyncio itself has it written down.

Only attributes are read, from the publisher's thread: `_fut_waiter` of a task, the callbacks of
what it ends, and what their closures and bound methods are about.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from locktrace.agent import tasks
from locktrace.agent.primitives import futures
from locktrace.agent.recorder import Actor


class Who(NamedTuple):
    """A pending task and the thread that runs its event loop."""

    task: Any
    ident: int
    native_id: int

    @property
    def actor(self) -> Actor:
        return tasks.actor_in(self.task, self.ident, self.native_id)


class Await(NamedTuple):
    """`who` awaits `future`, which `subject` is about; `by` are the tasks that could end it.

    `subject` is a task, a future of `concurrent.futures`, or of several tasks `future` itself.
    """

    who: Who
    future: Any
    subject: Any
    by: tuple[Who, ...]


class Seen(NamedTuple):
    """`performed` are futures of other threads with the task that works on each; `giving_up` are
    tasks that are actors, and whose present wait has a time-out of asyncio's."""

    awaits: list[Await]
    performed: list[tuple[Any, Who]]
    giving_up: list[Actor]


def look() -> Seen:
    """What there is in every loop that runs."""
    seen = Seen([], [], [])
    for loop, ident, native_id in tasks.loops():
        known = {id(task): Who(task, ident, native_id) for task in tasks.pending(loop)}
        waking = _waking(known, seen.performed)
        timed = set(_timed(loop))
        for who in known.values():
            future = who.task._fut_waiter
            if future is None or future.done():
                continue
            if id(who.task) in timed or id(future) in timed:
                actor = tasks.known(who.task)
                seen.giving_up.extend([actor] if actor is not None else [])
                continue
            seen.awaits.extend(_of(who, future, known, waking))
    return seen


def _waking(known: dict[int, Who], performed: list[tuple[Any, Who]]) -> dict[int, list[Who]]:
    """The tasks that are asked for together, by the future that they end."""
    waking: dict[int, list[Who]] = {}
    for who in known.values():
        for callback, _context in who.task._callbacks or ():
            future = _ended_by(callback)
            if future is None:
                continue
            if futures.is_one(future):
                performed.append((future, who))
            else:
                waking.setdefault(id(future), []).append(who)
    return waking


def _ended_by(callback: Any) -> Any:
    """The future that may be done when the task of `callback` is, if asyncio has made it so."""
    if isinstance(callback, MethodType):
        group: Any = callback.__self__
        return group._on_completed_fut if callback.__name__ == "_on_task_done" else None
    if not isinstance(callback, FunctionType) or not callback.__module__.startswith("asyncio."):
        return None
    if callback.__name__ == "_on_completion":
        return None if _cell(callback, "timeout_handle") is not None else _cell(callback, "waiter")
    if callback.__name__ == "_inner_done_callback":
        return _cell(callback, "outer")
    return _cell(callback, "destination") if callback.__name__ == "_call_set_state" else None


def _of(
    who: Who, future: Any, known: dict[int, Who], waking: dict[int, list[Who]]
) -> Iterator[Await]:
    if id(future) in known:
        yield Await(who, future, future, (known[id(future)],))
        return
    children = getattr(future, "_children", None)  # of gather
    if children is not None:
        by = [known[id(child)] for child in children if id(child) in known]
        strangers = [c for c in children if id(c) not in known and not c.done()]
    else:
        by, strangers = waking.get(id(future), []), []
    if by and not strangers:  # else what is no task may end it, and nobody knows when
        yield Await(who, future, future, tuple(by))
        return
    source = _source(future)
    if source is not None:
        yield Await(who, future, source, ())


def _source(future: Any) -> Any:
    """The future of `concurrent.futures` that asyncio has chained to `future`, or None."""
    for callback, _context in getattr(future, "_callbacks", None) or ():
        if isinstance(callback, FunctionType) and callback.__name__ == "_call_check_cancel":
            source = _cell(callback, "source")
            return source if futures.is_one(source) else None
    return None


def _timed(loop: Any) -> Iterator[int]:
    """Of asyncio's own loops: the ids of tasks, or of what they await, for which a timer runs."""
    for handle in list(getattr(loop, "_scheduled", ())):
        callback: Any = handle._callback
        if handle._cancelled or callback is None:
            continue
        if isinstance(callback, MethodType) and callback.__name__ == "_on_timeout":
            yield id(getattr(callback.__self__, "_task", None))
        elif getattr(callback, "__name__", "") == "_release_waiter" and handle._args:
            yield id(handle._args[0])


def _cell(function: FunctionType, name: str) -> Any:
    """What the closure of `function` has under `name`, None if it has no such thing."""
    names = function.__code__.co_freevars
    if name not in names or function.__closure__ is None:
        return None
    try:
        return function.__closure__[names.index(name)].cell_contents
    except ValueError:  # not assigned yet
        return None
