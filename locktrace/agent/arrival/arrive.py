"""One look at every thread of a process that has been running, put into the ledger."""

from __future__ import annotations

import _thread
import gc
import sys
import time
from _thread import get_ident
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.candidates import Candidates, owner_of
from locktrace.agent.arrival.coroutines import Coroutines
from locktrace.agent.arrival.holds import Held, held
from locktrace.agent.arrival.intake import FoundHold, FoundWait, Intake, Who
from locktrace.agent.arrival.libraries import Libraries
from locktrace.agent.arrival.naming import name_used_at
from locktrace.agent.arrival.pools import Pools
from locktrace.agent.arrival.waits import Seen, blocked
from locktrace.agent.primitives.rwlock import RWLockSpec

BUDGET_NS = 2_000_000_000  # of processor time, for everything
TURN_NS = 2_000_000  # of it before others get the interpreter
MOST_BLOCKS = 2_000_000  # of memory; a heap with more is not searched, as that stops the program

EntryOf = Callable[[str, object], Any]
"""The core's entry of a compound primitive of a kind, None if that kind is not traced."""


class Arrival:
    """Looks at each thread by itself, and lets the others run in between."""

    def __init__(self, intake: Intake, entry_of: EntryOf, specs: Sequence[RWLockSpec]) -> None:
        self._intake = intake
        self._entry_of = entry_of
        self._libraries = Libraries()
        self._functions = kinds.waiting_functions(specs)
        for code, (kind, shared) in self._libraries.acquires.items():
            self._functions[code] = kinds.Waiting(kind, shared, 1, private=True)
        self._classes = kinds.classes(specs) | self._libraries.classes
        self._naming = kinds.naming(specs)
        self._candidates = Candidates(intake.slots, specs, self._libraries.acquires)
        self._begun = self._turn = time.thread_time_ns()

    def look(self) -> None:
        """Put every hold and wait that is found into the ledger, what is certain first."""
        threads = self._intake.threads()
        pools = Pools(self._intake)
        for step in (self._find_holds, self._find_candidates, pools.look, self._find_waits):
            for who in threads:
                if not self._go_on():
                    return
                frame = self._intake.frame_of(who)
                if frame is not None:
                    step(who, frame)
                del frame  # or it would keep what that thread has in it
        self._find_owned(threads)
        Coroutines(self._intake, self._hold, (*kinds.LOCKS, *self._classes)).look(list(threads))

    def _go_on(self) -> bool:
        """Whether there is time left; lets the others run now and then."""
        now = time.thread_time_ns()
        if now - self._turn > TURN_NS:
            self._turn = now
            time.sleep(0)
        return now - self._begun < BUDGET_NS

    # -- holds

    def _find_holds(self, who: Who, innermost: FrameType) -> None:
        compounds = tuple(self._classes)
        for one in held(innermost, self._intake.slots, compounds, self._libraries):
            self._hold(who, one, shared=one.shared)

    def _find_candidates(self, who: Who, innermost: FrameType) -> None:
        for found in self._candidates.of(innermost, who.ident):
            self._hold(who, found.held, likely=found.likely, shared=found.shared)

    def _find_owned(self, threads: Sequence[Who]) -> None:
        """RLocks that a thread owns, wherever it took them."""
        if sys.getallocatedblocks() > MOST_BLOCKS:
            return
        owners = {who.ident: who for who in threads}
        for lock in [found for found in gc.get_objects() if type(found) is _thread.RLock]:
            who = owners.get(owner_of(lock))
            if who is not None:
                self._intake.hold(FoundHold(lock, who, None, -1))

    def _hold(self, who: Who, one: Held, *, likely: bool = False, shared: bool = False) -> None:
        kind = self._kind(one.subject)
        subject: Any = one.subject
        if kind == "Condition":
            subject = vars(subject).get("_lock")
        elif kind:
            shared = shared or kind == "Semaphore"
            subject = self._entry_of(kind, subject)
        if subject is None or (kind == "Condition" and not isinstance(subject, kinds.LOCKS)):
            return
        found = FoundHold(
            subject, who, one.frame, one.lasti, one.site, shared, 1, likely, one.alone
        )
        if self._intake.hold(found):
            name = name_used_at(one.frame, one.site, self._naming, self._intake.slots)
            inner = "._lock" if name and kind == "Condition" else ""
            self._intake.name(subject, name + inner)

    # -- waits

    def _find_waits(self, who: Who, innermost: FrameType) -> None:
        found = blocked(innermost, self._intake.slots, self._functions)
        if found is None or who.ident == get_ident():
            return
        scopes, whole = [self._intake.inside(None)], ""
        try:
            for wait in found.waits:
                entry, whole = self._wait(who, wait, found.on, whole)
                scopes.append(self._intake.inside(entry))
        finally:
            for scope in scopes:
                self._intake.outside(scope)

    def _wait(self, who: Who, wait: Seen, on: object, whole: str) -> tuple[Any, str]:
        """Take in one wait, for a part of what is called `whole`, if that is something.

        The entry of a compound, which the next one is a part of, and its name.
        """
        subject = self._libraries.lock_of(wait.subject)
        if wait.kind:
            subject = self._entry_of(wait.kind, subject)
        if subject is None:
            return None, ""
        if wait.kind == kinds.IMPORT_LOCK:  # whose it is it knows: the hold came with the entry
            self._intake.found(subject)
        found = FoundWait(
            subject, who, wait.caller, wait.frame, wait.frame.f_lasti, wait.inner,
            wait.shared, wait.timed, wait.depth, on,
        )  # fmt: skip
        name = ""
        if self._intake.wait(found):
            name = name_used_at(wait.caller, wait.caller.f_lasti, self._naming, self._intake.slots)
            if name and whole:
                name = f"{whole}.{name.rpartition('.')[2]}"
            self._intake.name(subject, name)
        return (subject, name) if wait.kind else (None, "")

    def _kind(self, subject: object) -> str:
        for cls in type(subject).__mro__:
            kind = self._classes.get(cls)
            if kind is not None:
                return kind
        return ""
