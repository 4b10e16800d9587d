"""Functions that wait by a Condition or an Event on behalf of something else.

`Queue.get` waits by a Condition of its own: what it waits for is the queue. Which function calls
`wait` says so, and costs nothing where nobody waits.
"""

from __future__ import annotations

from _thread import get_ident, get_native_id
from collections.abc import Callable, Sequence
from types import CodeType, FrameType
from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Entry

Owners = Callable[[FrameType], Sequence[Entry]]
"""What a function waits for, from its frame at the moment when it is about to."""

_owners: dict[int, tuple[CodeType, Owners]] = {}

ROWS: dict[int, dict[int, Any] | tuple[()] | None] = {}
"""By the id of such a function's code the rows of what it waits for, if that is `self`; () for a
function that only passes on what it waits for."""

_passing: list[CodeType] = []  # so that no other code gets the id of one


def register(function: Any, owners: Owners) -> None:
    """When `function` waits, it waits for what `owners` says."""
    code = function.__code__
    _owners[id(code)] = (code, owners)
    ROWS[id(code)] = None


def register_methods(cls: type, names: Sequence[str], table: EntryTable) -> None:
    """When one of these methods waits, it waits for the object itself."""

    def owner(frame: FrameType) -> Sequence[Entry]:
        entry = table.of(frame.f_locals["self"])
        return (entry,) if entry is not None else ()

    for name in names:
        register(vars(cls)[name], owner)
        ROWS[id(vars(cls)[name].__code__)] = table.rows


def pass_on(code: CodeType) -> None:
    """Who calls a function with that code waits, where it waits."""
    _passing.append(code)
    ROWS[id(code)] = ()


def waited_for(frame: FrameType | None) -> Sequence[Entry]:
    """What the function that runs in `frame` waits for, if it is one of those."""
    row = _owners.get(id(frame.f_code)) if frame is not None else None
    if row is None or frame is None:
        return ()
    try:
        return row[1](frame)
    except BaseException as error:
        if not tap.swallow(error):
            raise
        return ()


def block(
    inner: Entry | None,
    owners: Sequence[Entry],
    timed: bool,
    frame: FrameType | None,
    call: Callable[..., Any],
    *args: Any,
) -> Any:
    """Call `call(*args)`, which waits by `inner` for all of `owners`; returns what it returns.

    `frame` is that of the function that waits on their behalf.
    """
    asked_by = frame.f_back if frame is not None else None
    while asked_by is not None and ROWS.get(id(asked_by.f_code)) == ():
        asked_by = asked_by.f_back
    begun = [tap.begin(inner, False, timed, frame)] if inner is not None else []
    try:
        if owners:
            me = tap.recorder.thread(get_ident(), get_native_id())
            begun += [tap.begin(owner, False, timed, asked_by, me) for owner in owners]
        return call(*args)
    finally:
        for wait in reversed(begun):
            tap.end(wait)
