"""`threading.Thread.join`: a thread is a lock that it holds itself, from its start to its end.

It becomes one when somebody first waits for it, so threads that nobody waits for cost nothing but
that their names are kept: a thread that has ended before anybody observed it still has its own.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from types import FrameType
from typing import Any

from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Entry
from locktrace.agent.stacks import caller

MAX_NAMES = 4096  # of the latest threads; OS thread ids come round again later than that

_threads = EntryTable("Thread")
_names: OrderedDict[int, str] = OrderedDict()


def entry_of(thread: Any) -> Entry | None:
    """The entry of a thread that somebody waits for."""
    return _threads.known(thread) or _threads.add(thread, _held_by_itself(thread))


def started_name(native_id: int) -> str:
    """What the latest thread with this OS thread id was called when it began; or empty."""
    return _names.get(native_id, "")


def patch(patches: Patches) -> None:
    """Trace the joins of every thread, and remember the names of those that are started.

    Each thread does that itself before anything else: it may have come and gone, and observers
    been told of it, before `start` returns.
    """

    def named_set_native_id(original: Any) -> Any:
        def _set_native_id(self: Any) -> None:
            original(self)
            if tap.recorder is not OFF:
                _remember(self)

        return _set_native_id

    def traced_join(original: Any) -> Any:
        def join(self: Any, timeout: float | None = None) -> Any:
            if tap.recorder is OFF or not _blocks(self, timeout):
                return original(self, timeout)
            entry = entry_of(self)
            if entry is None:
                return original(self, timeout)
            timed = timeout is not None
            return tap.block(entry, False, timed, caller(), None, original, self, timeout)

        return join

    patches.wrap(threading.Thread, "_set_native_id", named_set_native_id)
    patches.wrap(threading.Thread, "join", traced_join)


def _remember(thread: Any) -> None:
    if isinstance(thread, threading._DummyThread):
        return  # one that `threading` did not start has a number for a name
    try:
        _names[thread._native_id] = str(thread._name)
        while len(_names) > MAX_NAMES:
            _names.popitem(last=False)
    except BaseException as error:
        if not tap.swallow(error):
            raise


def _blocks(thread: Any, timeout: float | None) -> bool:
    """Whether to join it is more than to ask; the original has its word on wrong calls."""
    return (
        thread._initialized
        and thread._started.is_set()
        and thread.ident != threading.get_ident()
        and thread.native_id is not None
        and (timeout is None or timeout > 0)
        and threading.Thread.is_alive(thread)
    )


def _held_by_itself(thread: Any) -> Entry | None:
    try:
        recorder = tap.recorder
        entry = recorder.create("Thread", None, True)
        if entry is not None:
            recorder.call(entry, str(thread._name))
            actor = recorder.thread(thread.ident, thread.native_id)
            recorder.acquired(entry, False, _target_frame(thread.ident), actor)
        return entry
    except BaseException as error:
        if not tap.swallow(error):
            raise
        return None


def _target_frame(ident: int) -> FrameType | None:
    """The outermost frame of a thread that is not `threading`'s own: what it was started for."""
    frame = sys._current_frames().get(ident)
    found = frame
    while frame is not None:
        if frame.f_code.co_filename != threading.__file__:
            found = frame
        frame = frame.f_back
    return found
