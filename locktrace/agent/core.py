"""Which of the two cores records in this process."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Protocol

from locktrace.agent.primitives.lock import TracedLock
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.rlock import TracedRLock
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.python_ledger import PythonLedger
from locktrace.agent.reading import Ledger
from locktrace.agent.recorder import Recorder
from locktrace.agent.settings import Settings


class Core(Protocol):
    """A recorder, its ledger, and the tracing of the interpreter's own lock types."""

    recorder: Recorder
    ledger: Ledger

    def arm(self) -> None:
        """Trace `_thread.lock` and `_thread.RLock` from now on."""
        ...

    def disarm(self) -> None:
        """Put back what `arm` has replaced."""
        ...


class PythonCore:
    """Puts traced classes in the place of the real ones; sees only the locks made with them."""

    def __init__(self, frames: int) -> None:
        self.recorder = PythonRecorder(frames)
        self.ledger = PythonLedger(self.recorder)
        self._patches = Patches()

    def arm(self) -> None:
        self._patches.replace(threading, "Lock", TracedLock)
        self._patches.replace(threading, "_CRLock", TracedRLock)

    def disarm(self) -> None:
        self._patches.undo()


def choose(environ: Mapping[str, str]) -> Core:
    """The core that LOCKTRACE_CORE asks for, else the best there is."""
    return PythonCore(Settings.from_environ(environ).frames)
