"""LT602: a lock in a signal handler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.rules.base import ProjectRule
from locktrace.scan.rules.lock_in_finalizer import acquires_in_interruption

if TYPE_CHECKING:
    from locktrace.scan.calls import CallGraph


class LockInSignalHandler(ProjectRule):
    code = "LT602"
    name = "lock-in-signal-handler"
    severity = Severity.WARNING
    kinds = ("finalizer-reentry",)
    page = """\
A function that `signal.signal` was given acquires a lock. The handler runs in the main thread
between
any two lines, also while the main thread holds the very lock.

    def on_term(signum, frame):
        with registry_lock:          # the main thread may hold it: it waits for itself
            registry.clear()
    signal.signal(signal.SIGTERM, on_term)

Remedy: set a flag or write to a pipe (`signal.set_wakeup_fd`) in the handler, and act on it
elsewhere.
"""

    def check(self, calls: CallGraph) -> Iterator[Draft]:
        for name in sorted({handler for facts in calls.functions() for handler in facts.handlers}):
            handler = calls.facts_of(name)
            if handler is not None:
                yield from acquires_in_interruption(self, calls, handler, "a signal handler")
