"""The import system's lock of a module, while somebody has to wait for one.

An import that need not wait costs one comparison more. Importlib knows the owner of each of its
locks, so nothing is kept until there is a wait to show.
"""

from __future__ import annotations

import sys
import threading
from _thread import get_ident
from types import FrameType
from typing import Any

from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Actor, Entry
from locktrace.agent.stacks import caller

_IMPORTLIB = ("importlib._bootstrap", "_frozen_importlib")


def patch(patches: Patches) -> None:
    """Trace the waits for modules that another thread imports."""
    bootstrap: Any = sys.modules["_frozen_importlib"]

    def traced_acquire(original: Any) -> Any:
        def acquire(self: Any) -> Any:
            owner = self.owner
            if owner is None or owner == get_ident():
                return original(self)
            entry = _held_by(owner, str(self.name))
            if entry is None:
                return original(self)
            frame = importer(caller())
            return tap.block(entry, False, False, frame, None, original, self)

        return acquire

    patches.wrap(bootstrap._ModuleLock, "acquire", traced_acquire)


def _held_by(owner: int, name: str) -> Entry | None:
    """The lock of module `name`, held by that thread, for as long as the caller waits for it."""
    try:
        recorder = tap.recorder
        entry = recorder.create("ImportLock", None, True)
        if entry is not None:
            recorder.call(entry, f"{name}'s import lock")
            recorder.acquired(entry, False, _import_of(name, owner), _thread(owner))
        return entry
    except BaseException as error:
        if not tap.swallow(error):
            raise
        return None


class _Waited(EntryTable):
    """Of those that somebody waited for when the agent came, as long as they are there."""

    def of(self, lock: Any) -> Entry | None:
        known = self.known(lock)
        if known is None and lock.owner is not None:
            return self.put(lock, _held_by(lock.owner, str(lock.name)))
        return known


_waited = _Waited("ImportLock")


def _thread(ident: int) -> Actor:
    thread = threading._active.get(ident)  # type: ignore[attr-defined]
    native_id = thread.native_id if thread is not None else None
    return tap.recorder.thread(ident, native_id or 0)


def _import_of(name: str, ident: int) -> FrameType | None:
    """The frame of that thread which imports module `name`."""
    frame = sys._current_frames().get(ident)
    while frame is not None:
        if frame.f_code.co_name == "_find_and_load" and frame.f_locals.get("name") == name:
            return importer(frame)
        frame = frame.f_back
    return None


def importer(frame: FrameType | None) -> FrameType | None:
    """The first frame outwards that is not importlib's: the statement that imports."""
    while frame is not None and frame.f_globals.get("__name__") in _IMPORTLIB:
        frame = frame.f_back
    return frame
