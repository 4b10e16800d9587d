"""Where the primitives reach the recorder, and what happens when recording itself fails.

`recorder` is looked up on each operation, so that arming and disarming is one store, safe
with calls in flight. The primitives' shared parts, `take`, `block` and `give_up`, keep the
contract's order and make sure that a fault of ours never reaches the program.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

from locktrace.agent.ledger import Entry, Hold, Wait
from locktrace.agent.off import OFF
from locktrace.agent.recorder import Recorder
from locktrace.agent.stacks import OWN_FOLDER

MAX_FAULTS = 100  # a tracer that fails this often switches itself off

recorder: Recorder = OFF
faults: list[str] = []


def create(kind: str, frame: FrameType | None) -> Entry | None:
    """The entry of a new lock; None for one that is not to be traced, or that we failed to."""
    try:
        return recorder.create(kind, frame)
    except BaseException as error:
        refuse(error)
        return None


def take(entry: Entry, shared: bool, frame: FrameType, release: Callable[[], object]) -> None:
    """Record an acquire that has succeeded; undo it with `release` if a signal handler raised."""
    try:
        recorder.acquired(entry, shared, frame)
    except BaseException as error:
        undo(error, entry, shared, release)


def undo(error: BaseException, entry: Entry, shared: bool, release: Callable[[], object]) -> None:
    """After `error` in recording an acquire: the program either holds, or learns of `error`."""
    if not swallow(error):
        recorder.released(entry, shared)
        release()
        raise error


def block(
    entry: Entry,
    shared: bool,
    timed: bool,
    frame: FrameType,
    acquire: Callable[..., Any],
    *args: Any,
) -> Any:
    """Call `acquire(*args)`, which may block, inside a recorded wait; returns what it returns."""
    wait = None
    try:
        wait = recorder.waiting(entry, shared, timed, frame)
        return acquire(*args)
    except BaseException as error:
        if wait is not None or not swallow(error):
            raise
        return acquire(*args)
    finally:
        if wait is not None:
            _end(wait)


def _end(wait: Wait) -> None:
    try:
        recorder.waited(wait)
    except BaseException as error:
        refuse(error)


def restore(entry: Entry, hold: Hold | None) -> None:
    """The release that `hold` was given up for has failed."""
    try:
        recorder.restore(entry, hold)
    except BaseException as error:
        refuse(error)


def give_up(entry: Entry, shared: bool) -> Hold | None:
    """Record a release that is about to be made."""
    try:
        return recorder.released(entry, shared)
    except BaseException as error:
        refuse(error)
        return None


def refuse(error: BaseException) -> None:
    """After `error` in recording a release: raise it again unless it is a fault of ours."""
    if not swallow(error):
        raise error


def take_again(entry: Entry, depth: int, frame: FrameType, lock: Any) -> None:
    """As `take`, for `depth` levels of a re-entrant lock."""
    try:
        recorder.acquired_again(entry, frame, depth)
    except BaseException as error:
        if not swallow(error):
            recorder.released_again(entry, depth)
            for _ in range(depth):
                lock.release()
            raise


def give_up_again(entry: Entry, depth: int) -> None:
    """As `give_up`, for `depth` levels of a re-entrant lock."""
    try:
        recorder.released_again(entry, depth)
    except BaseException as error:
        refuse(error)


def swallow(error: BaseException) -> bool:
    """Whether `error` is a fault of ours, which is then counted and must not reach the program.

    Anything raised outside our files, or no Exception at all, came from a signal handler.
    """
    global recorder
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if not isinstance(error, Exception) or traceback is None:
        return False
    if not traceback.tb_frame.f_code.co_filename.startswith(OWN_FOLDER):
        return False
    if len(faults) < MAX_FAULTS:
        faults.append(f"{type(error).__name__}: {error} (line {traceback.tb_lineno})")
    else:
        recorder = OFF
    return True
