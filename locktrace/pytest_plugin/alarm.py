"""A test that hangs on a lock: told on the terminal at once, and failed where that can be.

The watchdog's thread cannot end a test. A signal can: it wakes a main thread that is blocked
in an acquire, whose handler then raises the failure there, as pytest-timeout does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from locktrace.pytest_plugin.crashes import keep
from locktrace.pytest_plugin.settings import Settings
from locktrace.testing.watchdog import Watchdog
from locktrace.testing.witness import Witness

SIGNAL = signal.SIGRTMAX - 5  # nobody's: SIGALRM is pytest-timeout's, SIGUSR1 the program's


class Alarm:
    """Watches tests that have a `stall_after`, or that faulthandler's time-out is set for."""

    def __init__(self, config: pytest.Config, witness: Witness) -> None:
        self._config = config
        self._witness = witness
        self._stderr = _duplicate_of_stderr()
        # As pytest's own plugin reads it: it says where threads are, we who blocks whom.
        self._faulthandler_after = float(config.getini("faulthandler_timeout") or 0.0)
        self._armed = False
        self._verdict = ""

    def close(self) -> None:
        os.close(self._stderr)

    @contextlib.contextmanager
    def watching(
        self, item: pytest.Item, settings: Settings, hear: Callable[[str], None]
    ) -> Iterator[None]:
        """Watch one test, from the setup of its fixtures to their teardown."""
        after = settings.stall_after or self._faulthandler_after
        if settings.off or not after:
            yield
            return
        self._verdict = ""
        thresholds = replace(settings.thresholds, stall_after=after)

        def bark(report: str) -> None:
            self._print(item, report)
            keep(self._config, report)
            if not settings.stall_after:
                hear(report)
                return
            self._verdict = report
            if handled:
                signal.pthread_kill(threading.main_thread().ident or 0, SIGNAL)

        with self._handled() as handled:
            dog = Watchdog(self._witness, thresholds, bark)
            try:
                yield
            finally:
                dog.stop()

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """While pytest makes a test's failure of what is raised."""
        self._armed = True
        try:
            yield
        finally:
            self._armed = False

    @contextlib.contextmanager
    def _handled(self) -> Iterator[bool]:
        """Whether the signal is ours for this while: only the main thread may see to that."""
        if threading.current_thread() is not threading.main_thread():
            yield False
            return
        before = signal.signal(SIGNAL, self._fail)
        try:
            yield True
        finally:
            signal.signal(SIGNAL, before)

    def _fail(self, *_: object) -> None:
        if self._armed and self._verdict:
            text, self._verdict = self._verdict, ""
            pytest.fail(f"the test hangs:\n\n{text}", pytrace=False)

    def _print(self, item: pytest.Item, report: str) -> None:
        worker = getattr(self._config, "workerinput", {}).get("workerid", "")
        where = f" (in {worker})" if worker else ""
        text = f"\nlocktrace: {item.nodeid}{where} hangs:\n\n{report}\n"
        with contextlib.suppress(OSError):
            os.write(self._stderr, text.encode("utf-8", "replace"))


def _duplicate_of_stderr() -> int:
    """Taken when pytest is configured, and does not capture: what we say is seen at once."""
    try:
        return os.dup(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):
        return os.dup(2)
