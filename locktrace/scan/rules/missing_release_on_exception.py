"""LT102: a lock that is released on the happy path only."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.flow.graph import RAISED, RETURNED
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class MissingReleaseOnException(FunctionRule):
    code = "LT102"
    name = "missing-release-on-exception"
    severity = Severity.WARNING
    kinds = ("leaked-lock", "blocked-by-pending-writer", "held-at-exit")
    page = """\
A lock is released on the happy path only: if a call between acquire and release raises, nobody
releases it.

    self.table_lock.acquire()
    answer = self.answer(query)      # raises for a bad row: the next line does not run
    self.table_lock.release()

Remedy: `with self.table_lock:`; or `try:` directly after the acquire and `release()` in `finally:`.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        if flow.paths.cut:
            return
        returned, raised = flow.paths.at(RETURNED), flow.paths.at(RAISED)
        for key, mode in sorted({(h.key, h.mode) for s in raised for h in s.holding()}):
            lock = flow.locks.get(key)
            given_back = any((h := s.of(key, mode)) and h.level == 0 for s in returned)
            kept = any((h := s.of(key, mode)) and h.level > 0 for s in returned)
            if lock is None or lock.changing or not given_back or kept or flow.is_unclear(key):
                continue
            if flow.is_local(key) and not flow.does(key, "escape"):
                continue  # ends with the function, whoever holds it
            states = [s for s in raised if (h := s.of(key, mode)) and h.level > 0]
            _, state = flow.nearest(RAISED, states)
            held = state.of(key, mode)
            assert held is not None
            story = flow.story(
                (RAISED, state), key, f"the exception leaves the function, {lock.name} held"
            )
            word = "read lock" if mode == "shared" else "lock"
            message = f"the {word} {lock.name} stays held if a call before its release raises"
            yield Draft(self.finding(flow, held.line, lock.name, message, story))
