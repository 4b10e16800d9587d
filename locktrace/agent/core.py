"""Which of the two cores records in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import Protocol

from locktrace.agent.arrival.intake import Intake
from locktrace.agent.primitives.lock import LOCK
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.rlock import TracedRLock
from locktrace.agent.primitives.simple_queue import MethodTables
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.python_ledger import PythonLedger
from locktrace.agent.reading import Ledger
from locktrace.agent.recorder import Recorder


class CoreUnavailableError(RuntimeError):
    """No core can serve, or not the one that LOCKTRACE_CORE asks for; the message says why."""


class Core(Protocol):
    """A recorder, its ledger, and the tracing of the interpreter's own lock types."""

    @property
    def recorder(self) -> Recorder: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def tables(self) -> MethodTables | None:
        """What can exchange the methods of C types, if it can."""
        ...

    def arm(self) -> None:
        """Trace `_thread.lock` and `_thread.RLock` from now on."""
        ...

    def disarm(self) -> None:
        """Put back what `arm` has replaced."""
        ...

    def intake(self) -> Intake | None:
        """Where what was found at the start is put; None: this core takes none in."""
        ...


class PythonCore:
    """Puts traced classes in the place of the real ones; sees only the locks made with them."""

    def __init__(self, note: str = "") -> None:
        self.recorder = PythonRecorder()
        self.ledger = PythonLedger(self.recorder, note)
        self.tables = None
        self._patches = Patches()

    def arm(self) -> None:
        self._patches.replace(threading, "Lock", LOCK)
        self._patches.replace(threading, "_CRLock", TracedRLock)

    def disarm(self) -> None:
        self._patches.undo()

    def intake(self) -> Intake | None:
        return None


def choose(environ: Mapping[str, str]) -> Core:
    """The core that LOCKTRACE_CORE asks for, `c` or `py`, else the best there is.

    CoreUnavailableError if the one that is asked for cannot serve, or none can.
    """
    if "t" in sys.abiflags:
        raise CoreUnavailableError(
            "free-threaded builds of CPython are not supported yet: both cores rest on the GIL"
        )
    asked = environ.get("LOCKTRACE_CORE", "")
    if asked not in {"", "c", "py"}:
        raise CoreUnavailableError(f"LOCKTRACE_CORE is {asked!r}; it may be 'c' or 'py'")
    if asked == "py":
        return PythonCore()
    try:
        from locktrace.agent.c_core import CCore
    except (ImportError, OSError) as error:  # OSError: no descriptor left to read it by
        why = _reason(error)
        if asked == "c":
            raise CoreUnavailableError(
                f"LOCKTRACE_CORE=c, but the C core cannot serve here: {why}"
            ) from None
        return PythonCore(note=why)
    return CCore()


def _reason(error: Exception) -> str:
    """What a person can do something about; else what the extension or the system says."""
    if isinstance(error, ImportError) and "cannot import name '_core'" in str(error):
        return "it is not built; install locktrace where there is a C compiler"
    return str(error)
