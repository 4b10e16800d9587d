"""One look at every thread of a process that has been running, put into the ledger."""

from __future__ import annotations

import sys
import time
from _thread import get_ident
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.holds import Held, held
from locktrace.agent.arrival.intake import FoundHold, FoundWait, Intake, Who
from locktrace.agent.arrival.waits import Seen, blocked
from locktrace.agent.primitives.rwlock import RWLockSpec

BUDGET_NS = 2_000_000_000  # for everything: a first picture that is late is of no use

EntryOf = Callable[[str, object], Any]
"""The core's entry of a compound primitive of a kind, None if that kind is not traced."""


class Arrival:
    """Looks at each thread by itself, and lets the others run in between."""

    def __init__(self, intake: Intake, entry_of: EntryOf, specs: Sequence[RWLockSpec]) -> None:
        self._intake = intake
        self._entry_of = entry_of
        self._functions = kinds.waiting_functions(specs)
        self._classes = kinds.classes(specs)
        self._compounds = tuple(self._classes)
        self._deadline = time.monotonic_ns() + BUDGET_NS

    def look(self) -> None:
        """Put every hold and wait that is found into the ledger; holds first, certain ones."""
        threads = self._intake.threads()
        for step in (self._find_holds, self._find_waits):
            for who in threads:
                if time.monotonic_ns() > self._deadline:
                    return
                frame = sys._current_frames().get(who.ident)
                if frame is not None:
                    step(who, frame)
                del frame  # or it would keep what that thread has in it
                time.sleep(0)

    def _find_holds(self, who: Who, innermost: FrameType) -> None:
        for one in held(innermost, self._intake.slots, self._compounds):
            self._hold(who, one)

    def _hold(self, who: Who, one: Held) -> None:
        kind = self._kind(one.subject)
        if kind == "Condition":
            lock = vars(one.subject).get("_lock")
            if isinstance(lock, kinds.LOCKS):
                self._intake.hold(FoundHold(lock, who, one.frame, one.lasti, one.site))
        elif kind == "Semaphore":
            entry = self._entry_of(kind, one.subject)
            if entry is not None:
                self._intake.hold(
                    FoundHold(entry, who, one.frame, one.lasti, one.site, shared=True)
                )
        elif not kind:
            self._intake.hold(FoundHold(one.subject, who, one.frame, one.lasti, one.site))

    def _find_waits(self, who: Who, innermost: FrameType) -> None:
        if who.ident == get_ident():
            return
        found = blocked(innermost, self._intake.slots, self._functions)
        if found is None:
            return
        for wait in found.waits:
            self._wait(who, wait, found.on)

    def _wait(self, who: Who, wait: Seen, on: object) -> None:
        subject = self._entry_of(wait.kind, wait.subject) if wait.kind else wait.subject
        if subject is None:
            return
        self._intake.wait(
            FoundWait(
                subject, who, wait.caller, wait.frame, wait.frame.f_lasti, wait.inner,
                wait.shared, wait.timed, wait.depth, on,
            )
        )  # fmt: skip

    def _kind(self, subject: object) -> str:
        for cls in type(subject).__mro__:
            kind = self._classes.get(cls)
            if kind is not None:
                return kind
        return ""
