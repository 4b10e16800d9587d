"""What stays in the target for good."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import _thread
import os
import sys
import time

if __name__ != "locktrace_visit":  # there, all parts are one
    from locktrace.launch.inject.visitor.carried import CORE, Carried, importing, is_ours


class RefusedError(Exception):
    """The agent cannot come up here; the message is told to whoever attaches."""


class Resident:
    """All that stays for good, as `sys._locktrace`, for fork hooks cannot be taken back.

    Keeps the modules of an agent that was detached, which the next attach wakes, and what this
    script has defined, for doorstep.py.
    """

    def __init__(self):
        self.id = ""
        self.visitor = globals()
        self.asleep = {}
        self._turn = {}
        self._undo = None
        self._thread = 0
        os.register_at_fork(after_in_child=self._forked)

    def begin(self, cancelled, undo):
        """One comes in or goes out at a time; `undo` is for a child forked meanwhile."""
        while self._turn.setdefault("by", undo) is not undo:
            if cancelled():
                raise RefusedError("it was called off")
            time.sleep(0.002)
        self._thread, self._undo = _thread.get_ident(), undo

    def end(self):
        self._undo = None
        self._turn.pop("by", None)

    def _forked(self):
        if self._undo is not None:
            forget_imports(self._thread)
            self._undo()
            self.end()

    def put_away(self):
        """Take the detached agent's modules out of `sys.modules`."""
        self.begin(bool, self._put_away)
        try:
            self._put_away()
        finally:
            self.end()

    def _put_away(self):
        for name in [name for name in sys.modules if is_ours(name)]:
            if isinstance(getattr(sys.modules[name].__spec__, "loader", None), Carried) or (
                name == CORE
            ):
                self.asleep[name] = sys.modules.pop(name)


def forget_imports(ident):
    """In a forked child: what that thread was importing has no importer any more.

    Its locks would never be released, so whoever imports one of these modules starts anew.
    """
    for name, reference in list(importing._module_locks.items()):
        lock = reference()
        if lock is not None and lock.owner in {ident, None}:  # None: it was about to take it
            importing._module_locks.pop(name, None)
            module = sys.modules.get(name)
            if getattr(getattr(module, "__spec__", None), "_initializing", False):
                sys.modules.pop(name, None)
