"""What a thread waits for: the lock in which it blocks, and the compounds on whose behalf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import CodeType, FrameType
from typing import Any, NamedTuple

from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.kinds import Waiting
from locktrace.agent.arrival.slots import Slots
from locktrace.agent.arrival.stack import Call, blocked_call, variable
from locktrace.agent.primitives import futures, import_lock

MOST_STEPS = 12  # from the innermost frame outwards to the one that called a compound
_NUMBERS = (int, float)


class Seen(NamedTuple):
    """One wait of a thread; `kind` is empty for a lock of the interpreter's own."""

    kind: str
    subject: object
    caller: FrameType
    frame: FrameType
    inner: bool
    shared: bool
    timed: bool
    depth: int


class Blocked(NamedTuple):
    """Where a thread blocks: the object of the C call, and its waits, outermost first."""

    on: object
    waits: tuple[Seen, ...]


def blocked(
    frame: FrameType, slots: Slots, functions: Mapping[CodeType, Waiting]
) -> Blocked | None:
    """What the thread whose innermost frame is `frame` waits for; None if it blocks elsewhere.

    To join a process is to wait in the system, so that is known by the frame alone.
    """
    call = blocked_call(frame, slots, kinds.locks() + kinds.HANDLES + kinds.simple_queues())
    if call is None:
        joins = [wait for wait in _compounds(frame, slots, functions) if wait.kind == kinds.PROCESS]
        return Blocked(None, tuple(joins)) if joins else None
    waits = tuple(_compounds(frame, slots, functions))[::-1]
    waiting = functions.get(frame.f_code)
    own = None if waiting is not None and waiting.private else _own(frame, call)
    return Blocked(call.subject, (*waits, own) if own is not None else waits)


def _own(frame: FrameType, call: Call) -> Seen | None:
    """The wait for the lock itself, unless it is what a Condition makes for its waiter."""
    if isinstance(call.subject, kinds.simple_queues()):
        return _get(frame, call) if call.method == "get" else None
    if type(call.subject) in kinds.HANDLES or call.method not in kinds.TAKES:
        return None
    if kinds.is_private(frame) and call.method == "acquire":
        return None
    if not call.argument(0, "blocking", True):
        return None
    timed = depth = 0
    if call.method == "_acquire_restore":
        depth = _restored(call)
    elif call.method != "__enter__":
        timed = call.argument(1, "timeout", -1) != -1
    return Seen("", call.subject, frame, frame, False, False, bool(timed), depth or 1)


def _get(frame: FrameType, call: Call) -> Seen | None:
    """The wait for an item of a queue that is written in C."""
    if not call.argument(0, "block", True):
        return None
    timed = call.argument(1, "timeout", None) is not None
    return Seen(kinds.SIMPLE_QUEUE, call.subject, frame, frame, False, False, timed, 0)


def _restored(call: Call) -> int:
    """How many levels a Condition's wait takes back."""
    state = call.argument(0, "state", None)
    count = state[0] if isinstance(state, tuple) and state else 1
    return count if isinstance(count, int) else 1


def _compounds(
    frame: FrameType, slots: Slots, functions: Mapping[CodeType, Waiting]
) -> Iterator[Seen]:
    """The compounds on whose behalf it waits, from the inside outwards."""
    inner: FrameType | None = frame
    for _ in range(MOST_STEPS):
        if inner is None:
            return
        code, caller = inner.f_code, inner.f_back
        waiting = functions.get(code)
        if waiting is not None and caller is not None:
            subject = variable(inner, code.co_varnames[0], slots, (object,))
            timeout: Any = variable(inner, "timeout", slots, _NUMBERS)
            timed = timeout is not None and timeout >= 0
            while caller.f_back is not None and caller.f_code.co_filename == code.co_filename:
                if caller.f_code in functions or caller.f_code.co_name not in _SHELLS:
                    break
                caller = caller.f_back
            if subject is not None:
                user = _user_of(waiting.kind, caller)
                yield Seen(
                    waiting.kind, subject, user, inner, True, waiting.shared, timed, waiting.permits
                )
        inner = caller


def _user_of(kind: str, caller: FrameType) -> FrameType:
    """The frame to be told as the one that waits: of what the library calls in several steps
    the first that is not the library's."""
    outside = {kinds.IMPORT_LOCK: import_lock.importer, kinds.FUTURE: futures.user_frame}.get(kind)
    return caller if outside is None else outside(caller) or caller


_SHELLS = frozenset({"__enter__", "wait"})
"""Methods of the library that do no more than call the one that waits."""
