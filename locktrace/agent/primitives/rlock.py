"""`threading.RLock`: a subclass of the C type, so that everything inherited stays as it is."""

from __future__ import annotations

import _thread
from sys import _getframe
from threading import TIMEOUT_MAX
from typing import Any

from locktrace.agent.ledger import Entry
from locktrace.agent.primitives import tap

# The C methods, unbound: one call less than super().
_acquire: Any = _thread.RLock.acquire
_release: Any = _thread.RLock.release
_release_save: Any = _thread.RLock._release_save  # type: ignore[attr-defined]
_acquire_restore: Any = _thread.RLock._acquire_restore  # type: ignore[attr-defined]
_at_fork_reinit: Any = _thread.RLock._at_fork_reinit  # type: ignore[attr-defined]

ALL_LEVELS = 1 << 30


class TracedRLock(_thread.RLock):  # type: ignore[misc]  # final in typeshed, not in CPython
    """A re-entrant lock that tells the recorder what it does."""

    __slots__ = ("_entry",)
    _entry: Entry

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        entry = tap.create("RLock", _getframe(1))
        if entry is None:
            return _thread.RLock(*args, **kwargs)
        lock = super().__new__(cls, *args, **kwargs)
        lock._entry = entry
        return lock

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if timeout != -1 and not (
            blocking and isinstance(timeout, (int, float)) and 0 <= timeout <= TIMEOUT_MAX
        ):
            return bool(_acquire(self, blocking, timeout))  # raises what a plain lock raises
        if not _acquire(self, False) and not (
            blocking
            and tap.block(
                self._entry, False, timeout != -1, _getframe(1), _acquire, self, True, timeout
            )
        ):
            return False
        tap.take_again(self._entry, 1, _getframe(1), self)
        return True

    def __enter__(self) -> bool:  # type: ignore[override]
        if not _acquire(self, False):
            tap.block(self._entry, False, False, _getframe(1), _acquire, self)
        tap.take_again(self._entry, 1, _getframe(1), self)
        return True

    def release(self) -> None:
        tap.give_up_again(self._entry, 1)
        _release(self)

    def __exit__(self, *exc_info: object) -> None:
        tap.give_up_again(self._entry, 1)
        _release(self)

    # Condition.wait lets go of all levels at once and takes them back by these two.

    def _release_save(self) -> Any:
        tap.give_up_again(self._entry, ALL_LEVELS)
        return _release_save(self)

    def _acquire_restore(self, state: Any) -> None:
        depth, _owner = state
        if _acquire(self, False):
            for _ in range(depth - 1):
                _acquire(self)
        else:
            tap.block(self._entry, False, False, _getframe(1), _acquire_restore, self, state)
        tap.take_again(self._entry, depth, _getframe(1), self)

    def _at_fork_reinit(self) -> None:
        self._entry.holds.clear()
        _at_fork_reinit(self)

    def __repr__(self) -> str:
        return super().__repr__().replace(" RLock object", " _thread.RLock object", 1)


TracedRLock.__name__ = TracedRLock.__qualname__ = "RLock"
TracedRLock.__module__ = "_thread"
