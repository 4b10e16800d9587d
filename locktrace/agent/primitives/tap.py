"""Where the primitives reach the recorder, and what happens when recording itself fails.

`recorder` is looked up on each operation, so that arming and disarming is one store, safe
with calls in flight. The primitives' shared parts, `take`, `block` and `give_up`, keep the
contract's order and make sure that a fault of ours never reaches the program.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

from locktrace.agent.off import OFF
from locktrace.agent.recorder import Actor, Entry, Hold, Recorder, Wait
from locktrace.agent.stacks import OWN_FOLDER

MAX_FAULTS = 100  # a tracer that fails this often switches itself off

Begun = tuple[Recorder, Wait]

recorder: Recorder = OFF
faults: list[str] = []
armings = 0  # how often tracing has been switched on: between two times all holds are forgotten


def create(kind: str, frame: FrameType | None, quiet: bool = False) -> Entry | None:
    """The entry of a new lock; None for one that is not to be traced, or that we failed to."""
    try:
        return recorder.create(kind, frame, quiet)
    except BaseException as error:
        if not swallow(error):
            raise
        return None


def take(
    entry: Entry,
    shared: bool,
    frame: FrameType | None,
    release: Callable[[], object],
    actor: Actor = None,
    manner: int = 0,
) -> None:
    """Record an acquire that has succeeded; undo it with `release` if a signal handler raised.

    `manner` as for `Recorder.attempting`.
    """
    ours = False
    try:
        if manner:
            recorder.attempting(manner)
        recorder.acquired(entry, shared, frame, actor)
    except BaseException as error:
        try:
            ours = forgive(error, entry, shared, actor)
        finally:
            if not ours:
                release()
        if not ours:
            raise


def forgive(error: BaseException, entry: Entry, shared: bool, actor: Actor = None) -> bool:
    """After `error` in recording an acquire: whether the program is not to learn of it.

    Else the acquire must be undone, and its record is taken out here.
    """
    if swallow(error):
        return True
    recorder.released(entry, shared, actor)
    return False


def block(
    entry: Entry,
    shared: bool,
    timed: bool,
    frame: FrameType | None,
    release: Callable[[], object] | None,
    acquire: Callable[..., Any],
    *args: Any,
) -> Any:
    """Call `acquire(*args)`, which may block, inside a recorded wait; returns what it returns.

    `release` undoes it if a signal handler raises when it has succeeded; None: nothing does.
    """
    begun = begin(entry, shared, timed, frame)
    got = False
    try:
        got = acquire(*args)
    finally:
        end(begun, release if got is not False else None)
    return got


def begin(
    entry: Entry, shared: bool, timed: bool, frame: FrameType | None, actor: Actor = None
) -> Begun | None:
    """Record that something is about to block; what `end` needs, None if we failed."""
    core = recorder  # the one that saw the wait begin shall see its end
    try:
        return core, core.waiting(entry, shared, timed, frame, actor)
    except BaseException as error:
        if not swallow(error):
            raise
        return None


def end(begun: Begun | None, release: Callable[[], object] | None = None) -> None:
    """Record that it blocks no more; `release` undoes what it got, should a handler raise."""
    if begun is None:
        return
    core, wait = begun
    ours = False
    try:
        core.waited(wait)
    except BaseException as error:
        try:
            ours = swallow(error)
            core.waited(wait)  # the first may have been interrupted before it had done anything
        except BaseException as another:
            ours = ours and swallow(another)
        finally:
            if release is not None and not ours:
                release()
        if not ours:
            raise


def restore(entry: Entry, hold: Hold | None) -> None:
    """The release that `hold` was given up for has failed."""
    try:
        recorder.restore(entry, hold)
    except BaseException as error:
        if not swallow(error):
            raise


def give_up(entry: Entry, shared: bool, actor: Actor = None) -> Hold | None:
    """Record a release that is about to be made."""
    try:
        return recorder.released(entry, shared, actor)
    except BaseException as error:
        if not swallow(error):
            raise
        return None


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
