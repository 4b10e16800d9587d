"""LT101: a lock that is still held when the function returns or raises on purpose."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.flow.graph import RAISED, RETURNED
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.paths import State
from locktrace.scan.records import LockRef
from locktrace.scan.rules.base import FunctionRule
from locktrace.scan.vocabulary import HOLDING_NAMES


class MissingRelease(FunctionRule):
    code = "LT101"
    name = "missing-release"
    severity = Severity.ERROR
    kinds = ("leaked-lock", "blocked-by-pending-writer", "held-at-exit")
    page = """\
A lock is acquired, and on some path the function ends without releasing it.

    def lookup(self, name):
        self.table_lock.acquire()
        if name not in self.table:
            return None                  # still held: the next acquire waits for ever
        found = self.table[name]
        self.table_lock.release()
        return found

A read lock that is never released lets every reader pass, so tests do too; the first writer
then waits for ever, and behind it every later reader.

Remedy: `with self.table_lock:`; or `acquire()` directly before `try:` and `release()` in
`finally:`.

Not blamed: functions that return holding by their name (`acquire…`, `lock…`, `__enter__`), locks
that another function of the project gives back, and locks whose `release` is handed on.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        if flow.paths.cut or HOLDING_NAMES.search(flow.function.qualname.rpartition(".")[2]):
            return
        returned, raised = flow.paths.at(RETURNED), flow.paths.at(RAISED)
        for key, mode in sorted({(h.key, h.mode) for s in returned | raised for h in s.holding()}):
            lock = flow.locks.get(key)
            if lock is not None and not self._is_meant(flow, lock):
                yield from self._leak(flow, lock, mode, returned, raised)

    def _is_meant(self, flow: FunctionFlow, lock: LockRef) -> bool:
        if lock.changing:
            return True
        handed_on = flow.does(lock.key, "escape", "callback") or lock.key.startswith("<new")
        return handed_on or flow.is_unclear(lock.key) or not flow.does(lock.key, "acquire", "try")

    def _leak(
        self, flow: FunctionFlow, lock: LockRef, mode: str, returned: set[State], raised: set[State]
    ) -> Iterator[Draft]:
        released = [s for s in returned if (h := s.of(lock.key, mode)) and h.level == 0]
        holding = [s for s in returned if (h := s.of(lock.key, mode)) and h.level > 0]
        if holding and (released or not lock.primitive.counting):
            _, state = flow.nearest(RETURNED, holding)
            yield self._draft(flow, lock, mode, (RETURNED, state), bool(released))
            return
        raising = [
            s
            for s in raised
            if (h := s.of(lock.key, mode)) and h.level > 0 and _raises_on_purpose(flow, s)
        ]
        if raising and released:
            _, state = flow.nearest(RAISED, raising)
            yield self._draft(flow, lock, mode, (RAISED, state), True)

    def _draft(
        self,
        flow: FunctionFlow,
        lock: LockRef,
        mode: str,
        point: tuple[int, State],
        sometimes: bool,
    ) -> Draft:
        held = point[1].of(lock.key, mode)
        assert held is not None
        word = "read lock" if mode == "shared" else "lock"
        way = "on this path" if sometimes else "by this function or any other"
        end = "raises" if point[0] == RAISED else "ends"
        story = flow.story(point, lock.key, f"the function {end}, and {lock.name} is still held")
        message = f"the {word} {lock.name} is acquired and not released {way}"
        certain = lock.known and "<locals>" not in lock.id and not lock.primitive.counting
        severity = self.severity if certain else Severity.WARNING
        return Draft(
            self.finding(flow, held.line, lock.name, message, story, severity),
            unless_given_back=frozenset({lock.id}),
        )


def _raises_on_purpose(flow: FunctionFlow, state: State) -> bool:
    """The path ends in a `raise` statement that is no answer to another exception."""
    origin = ""
    for (number, _), label in flow.paths.way_to((RAISED, state)):
        operation = flow.graph.nodes[number].operation
        if operation is not None and operation.action == "handler":
            origin = "handler"
        elif operation is not None and label == "raise" and origin != "handler":
            origin = operation.action
    return origin == "raise"
