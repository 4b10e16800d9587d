"""Keeps the program's main thread what it is."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import _thread
import os
import sys


class MainThread:
    """`threading`, imported by us for the first time, must not take us for the main thread.

    From 3.13 on it asks the interpreter who that is; before, it takes who imports it.
    """

    def __enter__(self):
        self._needed = "threading" not in sys.modules and sys.version_info < (3, 13)
        return self

    def __exit__(self, *exc_info):
        threading = sys.modules.get("threading")
        if not self._needed or threading is None:
            return
        main, ours, theirs = threading._main_thread, _thread.get_ident(), self._ident()
        if main._ident != ours or not theirs:
            return
        # Its end is told by a lock that the interpreter frees when our thread ends.
        alive = _thread.allocate_lock()
        alive.acquire()
        threading._shutdown_locks.discard(main._tstate_lock)
        threading._shutdown_locks.add(alive)
        main._tstate_lock = alive
        threading._active[theirs] = threading._active.pop(ours)
        main._ident, main._native_id = theirs, os.getpid()
        if threading._SHUTTING_DOWN and not main._is_stopped:
            alive.release()  # the program ends already and waits for us as for any thread

    def _ident(self):
        """Of the thread that runs `__main__`, or of any other than ours."""
        others = {k: v for k, v in sys._current_frames().items() if k != _thread.get_ident()}
        program = sys.modules["__main__"].__dict__
        for ident, frame in others.items():
            outermost = frame
            while outermost.f_back is not None:
                outermost = outermost.f_back
            if outermost.f_globals is program and outermost.f_code.co_name == "<module>":
                return ident
        return min(others, default=0)
