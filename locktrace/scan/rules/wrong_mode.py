"""LT104: a read lock released as a write lock, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.paths import State
from locktrace.scan.rules.base import FunctionRule


class WrongMode(FunctionRule):
    code = "LT104"
    name = "wrong-mode"
    severity = Severity.ERROR
    kinds = ("leaked-lock",)
    page = """\
A read-write lock is released in the mode in which it is not held.

    self.table.r_lock()
    try:
        return self.answer(query)
    finally:
        self.table.unlock()          # r_unlock was meant: the read lock stays held

Remedy: release with the method that belongs to the acquire: `r_lock`/`r_unlock`, `lock`/`unlock`.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        seen: set[int] = set()
        for node, states in flow.nodes("release"):
            operation = node.operation
            assert operation is not None
            lock = operation.lock
            if lock is None or lock.changing or operation.line in seen:
                continue
            wrong = [s for s in states if _held_otherwise(s, lock.key, operation.mode)]
            if not wrong:
                continue
            seen.add(operation.line)
            always = len(wrong) == len(states) and not flow.paths.cut
            point = flow.nearest(node, wrong)
            held, asked = (
                ("shared", "exclusive")
                if operation.mode == "exclusive"
                else ("exclusive", "shared")
            )
            message = (
                f"{lock.name} is held {held} and released with {operation.method}(), "
                f"which is for {asked} holds"
            )
            story = flow.story(point, lock.key, f"released with {operation.method}()")
            severity = self.severity if always else Severity.WARNING
            yield Draft(self.finding(flow, node.line, lock.name, message, story, severity))


def _held_otherwise(state: State, key: str, mode: str) -> bool:
    own = state.of(key, mode)
    other = any(h.key == key and h.mode != mode and h.level > 0 for h in state.held)
    return other and (own is None or own.level == 0)
