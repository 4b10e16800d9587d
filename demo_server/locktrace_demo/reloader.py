"""The background task that reloads the IP table."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from locktrace_demo.counters import Counters, Event
from locktrace_demo.errors import DemoError
from locktrace_demo.instrumentation import label

if TYPE_CHECKING:
    from collections.abc import Callable


class Reloader:
    """A daemon thread ``reload`` that calls `reload` every `period` seconds, not at the start."""

    def __init__(self, reload: Callable[[], None], period: float, counters: Counters) -> None:
        self._reload = reload
        self._period = period
        self._counters = counters
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reload", daemon=True)
        self._trouble = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float) -> None:
        """End the thread if it can end within `patience` seconds."""
        self._stopping.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stopping.wait(self._period):
            with label("reload of the IP table"):
                self._reload_once()

    def _reload_once(self) -> None:
        try:
            self._reload()
        except DemoError as error:
            self._report(f"the IP table stays as it is, since {error}")
        else:
            self._counters.add(Event.RELOADED)
            self._trouble = ""

    def _report(self, trouble: str) -> None:
        # Said when it changes, not every period: nobody may be reading our stderr.
        if trouble != self._trouble and not self._stopping.is_set():
            print(f"locktrace_demo: {trouble}", file=sys.stderr, flush=True)
        self._trouble = trouble
