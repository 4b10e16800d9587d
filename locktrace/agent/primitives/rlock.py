"""`threading.RLock`: a subclass of the C type, so that everything inherited stays as it is."""

from __future__ import annotations

import _thread
import copyreg
from functools import partial
from itertools import repeat
from threading import TIMEOUT_MAX
from typing import Any

from locktrace.agent.ledger import Entry
from locktrace.agent.primitives import tap
from locktrace.agent.stacks import caller
from locktrace.wire.events import TIMED, TRY

# The C methods, unbound: one call less than super().
_acquire: Any = _thread.RLock.acquire
_release: Any = _thread.RLock.release
_release_save: Any = _thread.RLock._release_save  # type: ignore[attr-defined]
_acquire_restore: Any = _thread.RLock._acquire_restore  # type: ignore[attr-defined]
_is_owned: Any = _thread.RLock._is_owned  # type: ignore[attr-defined]
_at_fork_reinit: Any = _thread.RLock._at_fork_reinit  # type: ignore[attr-defined]

ALL_LEVELS = 1 << 30


class TracedRLock(_thread.RLock):  # type: ignore[misc]  # final in typeshed, not in CPython
    """A re-entrant lock that tells the recorder what it does."""

    __slots__ = ("_entry",)
    _entry: Entry

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        entry = tap.create("RLock", caller())
        if entry is None:
            return _thread.RLock(*args, **kwargs)
        lock = super().__new__(cls, *args, **kwargs)
        lock._entry = entry
        entry.address = id(lock)
        return lock

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if timeout != -1 and not (
            blocking and isinstance(timeout, (int, float)) and 0 <= timeout <= TIMEOUT_MAX
        ):
            return bool(_acquire(self, blocking, timeout))  # raises what a plain lock raises
        got = ours = False
        try:
            got = _acquire(self, False) or (
                blocking
                and tap.block(
                    self._entry, False, timeout != -1, caller(), partial(_release, self),
                    _acquire, self, True, timeout,
                )
            )  # fmt: skip
            if got:
                if not blocking or timeout != -1:
                    tap.recorder.attempting(TIMED if blocking else TRY)
                tap.recorder.acquired_again(self._entry, caller(), 1)
        except BaseException as error:
            if not got:
                raise
            try:
                ours = self._forgive(error)
            finally:
                if not ours:
                    _release(self)
            if not ours:
                raise
        return bool(got)

    def __enter__(self) -> bool:  # type: ignore[override]
        got = ours = False
        try:
            got = _acquire(self, False) or tap.block(
                self._entry, False, False, caller(), partial(_release, self), _acquire, self
            )
            tap.recorder.acquired_again(self._entry, caller(), 1)
        except BaseException as error:
            if not got:
                raise
            try:
                ours = self._forgive(error)
            finally:
                if not ours:
                    _release(self)
            if not ours:
                raise
        return True

    def _forgive(self, error: BaseException) -> bool:
        if tap.swallow(error):
            return True
        tap.recorder.released_again(self._entry, 1)
        return False

    def release(self) -> None:
        try:
            tap.recorder.released_again(self._entry, 1)
        except BaseException as error:
            self._forget()
            if not tap.swallow(error):
                raise
        finally:
            _release(self)

    def __exit__(self, *exc_info: object) -> None:
        try:
            tap.recorder.released_again(self._entry, 1)
        except BaseException as error:
            self._forget()
            if not tap.swallow(error):
                raise
        finally:
            _release(self)

    def _forget(self) -> None:
        """What the ledger says is not sure any more; it is right again from the next acquire on."""
        self._entry.depth = 0
        self._entry.holds.clear()

    # Condition.wait lets go of all levels at once and takes them back by these two.

    def _release_save(self) -> Any:
        try:
            tap.recorder.released_again(self._entry, ALL_LEVELS)
        except BaseException as error:
            self._forget()
            if not tap.swallow(error):
                raise
        return _release_save(self)

    def _acquire_restore(self, state: Any) -> None:
        depth, _owner = state
        try:
            # One call, so that a signal handler finds all levels taken or none.
            if not all(map(_acquire, repeat(self, depth), repeat(False))):
                tap.block(self._entry, False, False, caller(), None, _acquire_restore, self, state)
            tap.recorder.acquired_again(self._entry, caller(), depth)
        except BaseException as error:
            if not tap.swallow(error):
                raise
        finally:
            if not _is_owned(self):  # a Condition's wait comes back holding, whatever happens
                _acquire_restore(self, state)

    def _at_fork_reinit(self) -> None:
        self._entry.holds.clear()
        _at_fork_reinit(self)

    def __repr__(self) -> str:
        return super().__repr__().replace(" RLock object", " _thread.RLock object", 1)

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduce = copyreg.dispatch_table.get(_thread.RLock)
        return reduce(self) if reduce is not None else super().__reduce_ex__(protocol)


TracedRLock.__name__ = TracedRLock.__qualname__ = "RLock"
TracedRLock.__module__ = "_thread"
