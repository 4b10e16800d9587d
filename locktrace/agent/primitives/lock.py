"""`threading.Lock` in the Python core: an object that stands before the real lock.

`_thread.lock` cannot be subclassed, so `type()` of a traced lock differs from a plain one;
`isinstance`, `repr`, pickling errors and every method are as they were. This is the hot
path: what `tap.take` and `tap.give_up` do stands here once more, for a call less.
"""

from __future__ import annotations

import copyreg
import sys
from _thread import LockType, allocate_lock
from importlib import import_module
from threading import TIMEOUT_MAX
from types import FrameType, MethodType
from typing import Any

from locktrace.agent.ledger import Entry
from locktrace.agent.primitives import tap
from locktrace.agent.stacks import caller
from locktrace.wire.events import TIMED, TRY


class _LockMeta(type):
    """Makes `isinstance(x, threading.Lock)` true of real locks too, as it was before."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, LockType) or type.__instancecheck__(cls, instance)

    def __repr__(cls) -> str:
        return "<class '_thread.lock'>"


class TracedLock(metaclass=_LockMeta):
    """A mutual exclusion lock that tells the recorder what it does."""

    __slots__ = ("__weakref__", "_entry", "_lock")

    _entry: Entry
    _lock: Any

    def __new__(cls) -> Any:
        if sys.version_info < (3, 13):
            raise TypeError("cannot create '_thread.lock' instances")
        return _new_lock(caller())

    def __init_subclass__(cls) -> None:
        raise TypeError("type '_thread.lock' is not an acceptable base type")

    # What is between a `try` and its `except` may be left by an exception of a signal handler,
    # or by a RecursionError in any call: from then on `lock.release` alone is sure to be reached.

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        lock = self._lock
        if timeout != -1 and not (blocking and _is_duration(timeout)):
            return bool(lock.acquire(blocking, timeout))  # raises what a plain lock raises
        got = ours = False
        try:
            got = lock.acquire(False) or (
                blocking
                and tap.block(
                    self._entry, False, timeout != -1, caller(), lock.release,
                    lock.acquire, True, timeout,
                )
            )  # fmt: skip
            if got:
                if not blocking or timeout != -1:
                    tap.recorder.attempting(TIMED if blocking else TRY)
                tap.recorder.acquired(self._entry, False, caller())
        except BaseException as error:
            if not got:
                raise
            try:
                ours = tap.forgive(error, self._entry, False)
            finally:
                if not ours:
                    lock.release()
            if not ours:
                raise
        return got

    def __enter__(self) -> bool:
        lock = self._lock
        got = ours = False
        try:
            got = lock.acquire(False) or tap.block(
                self._entry, False, False, caller(), lock.release, lock.acquire
            )
            tap.recorder.acquired(self._entry, False, caller())
        except BaseException as error:
            if not got:
                raise
            try:
                ours = tap.forgive(error, self._entry, False)
            finally:
                if not ours:
                    lock.release()
            if not ours:
                raise
        return True

    def release(self) -> None:
        try:
            tap.recorder.released(self._entry, False)
        except BaseException as error:
            self._entry.holds.clear()
            if not tap.swallow(error):
                raise
        finally:
            self._lock.release()

    def __exit__(self, *exc_info: object) -> None:
        try:
            tap.recorder.released(self._entry, False)
        except BaseException as error:
            self._entry.holds.clear()
            if not tap.swallow(error):
                raise
        finally:
            self._lock.release()

    def locked(self) -> bool:
        return bool(self._lock.locked())

    acquire_lock = acquire
    release_lock = release
    locked_lock = locked

    def _at_fork_reinit(self) -> None:
        self._entry.holds.clear()
        self._lock._at_fork_reinit()

    @property  # type: ignore[misc]  # so that isinstance() finds what it found before
    def __class__(self) -> Any:
        return LockType

    def __repr__(self) -> str:
        return repr(self._lock)

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduce = copyreg.dispatch_table.get(LockType)
        return reduce(self) if reduce is not None else self._lock.__reduce_ex__(protocol)


def _is_duration(timeout: object) -> bool:
    return isinstance(timeout, (int, float)) and 0 <= timeout <= TIMEOUT_MAX


def _new_lock(frame: FrameType | None) -> Any:
    entry = tap.create("Lock", frame)
    if entry is None:
        return allocate_lock()
    lock = object.__new__(TracedLock)
    lock._lock = allocate_lock()
    lock._entry = entry
    entry.address = id(lock._lock)
    return lock


def traced_lock(_of: object = None) -> Any:
    """A new lock; `threading.Lock` is such a function before CPython 3.13."""
    return _new_lock(caller())


class _Threads:
    """What the method below is bound to; pickled as the module that the function is of."""

    def __reduce__(self) -> Any:
        return import_module, ("_thread",)

    def __deepcopy__(self, _memo: object) -> Any:
        return self


traced_lock.__name__ = traced_lock.__qualname__ = "allocate_lock"
traced_lock.__module__ = "_thread"
LOCK: Any = TracedLock if sys.version_info >= (3, 13) else MethodType(traced_lock, _Threads())
"""What stands in for `threading.Lock`. Before CPython 3.13 that is no function written in Python,
which an attribute of a class (`lock_class = threading.Lock`) would make a method."""

TracedLock.__name__ = "lock"
# Pickled by the name under which it is found: a manager's process that is spawned is given it.
TracedLock.__module__, TracedLock.__qualname__ = "threading", "Lock"
