"""LT103: a release of what is not held."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.flow.graph import Node
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.paths import State
from locktrace.scan.records import LockRef
from locktrace.scan.rules.base import FunctionRule
from locktrace.scan.vocabulary import RELEASING_NAMES


class ReleaseWithoutAcquire(FunctionRule):
    code = "LT103"
    name = "release-without-acquire"
    severity = Severity.ERROR
    page = """\
A lock is released that is not held there: twice on one path, or although nobody in the project
acquires it.

    lock.acquire()
    try:
        if done():
            lock.release()           # and again in `finally`
            return
    finally:
        lock.release()               # RuntimeError: release unlocked lock

Remedy: release in one place, `finally` or the end of a `with`.

Not blamed: functions that release what their caller holds or another function acquires.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        if flow.paths.cut:
            return
        seen: set[tuple[str, int]] = set()
        for node, states in flow.nodes("release"):
            operation = node.operation
            assert operation is not None
            lock = operation.lock
            if lock is None or operation.form == "with" or lock.primitive.counting or lock.changing:
                continue
            place = (lock.key, operation.line)
            if place in seen or flow.is_unclear(lock.key) or flow.expects_an_error(operation.line):
                continue
            draft = self._judge(flow, lock, operation.mode, node, states)
            if draft is not None:
                seen.add(place)
                yield draft

    def _judge(
        self, flow: FunctionFlow, lock: LockRef, mode: str, node: Node, states: set[State]
    ) -> Draft | None:
        again = [
            s
            for s in states
            if (h := s.of(lock.key, mode)) and h.level == 0 and not _other(s, lock, mode)
        ]
        if again:
            point = flow.nearest(node, again)
            always = len(again) == len(states)
            message = f"{lock.name} is released again, and was released already on this path"
            severity = self.severity if always and lock.known else Severity.WARNING
            story = flow.story(point, lock.key, f"{lock.name} is released a second time")
            found = self.finding(flow, node.line, lock.name, message, story, severity)
            return Draft(found, unless_taken=frozenset({lock.id}))
        return self._never_taken(flow, lock, mode, node, states)

    def _never_taken(
        self, flow: FunctionFlow, lock: LockRef, mode: str, node: Node, states: set[State]
    ) -> Draft | None:
        function = flow.function.qualname.rpartition(".")[2]
        if not lock.known or RELEASING_NAMES.search(function) or lock.id.startswith("?"):
            return None
        if any(s.of(lock.key, mode) or _other(s, lock, mode) for s in states):
            return None
        if flow.does(lock.key, "escape") or "." not in lock.id:
            return None
        message = f"{lock.name} is released here, and nobody in the project acquires it for that"
        found = self.finding(flow, node.line, lock.name, message, (), Severity.WARNING)
        return Draft(found, unless_acquired=frozenset({lock.id}))


def _other(state: State, lock: LockRef, mode: str) -> bool:
    return any(h.key == lock.key and h.mode != mode and h.level > 0 for h in state.held)
