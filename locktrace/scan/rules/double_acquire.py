"""LT201: a lock acquired by who holds it already, here or along a call chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.paths import State
from locktrace.scan.records import LockRef, Operation
from locktrace.scan.rules.base import FunctionRule

if TYPE_CHECKING:
    from locktrace.scan.flow.graph import Node


class DoubleAcquire(FunctionRule):
    code = "LT201"
    name = "double-acquire"
    severity = Severity.ERROR
    kinds = ("self-deadlock", "deadlock")
    page = """\
A lock that is not re-entrant is acquired again by the thread that holds it: it waits for itself.

    def size(self):
        with self._lock:
            return len(self._rows)

    def report(self):
        with self._lock:
            return f"{self.size()} rows"     # size() waits for report(), which waits for size()

Also told for a read-write lock that is upgraded: the writer waits for its own read lock.

Remedy: a private method that expects the lock to be held, called by both; or an RLock.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        seen: set[int] = set()
        for node, states in flow.nodes("acquire"):
            operation = node.operation
            assert operation is not None
            lock = operation.lock
            if lock is None or lock.changing or not lock.excludes_itself or operation.line in seen:
                continue
            again = {s for s in states if clashing(s, lock, operation.mode)}
            if not again or lock.key.startswith("<new"):
                continue
            seen.add(operation.line)
            draft = self._draft(flow, lock, operation, node, (again, states))
            is_tried = draft.finding.severity is Severity.INFO and flow.expects_an_error(node.line)
            if not is_tried:
                yield draft

    def _draft(
        self,
        flow: FunctionFlow,
        lock: LockRef,
        operation: Operation,
        node: Node,
        found: tuple[set[State], set[State]],
    ) -> Draft:
        again, states = found
        always = again == states and not flow.paths.cut
        scoped = operation.form == "with" and all(
            h.scoped for h in flow.holdings(again) if h.lock == lock
        )
        point = flow.nearest(node, again)
        story = flow.story(point, lock.key, f"{lock.name} is acquired again, and held already")
        message = f"{lock.name} is acquired while this thread holds it, and it is not re-entrant"
        severity = self.severity if always else Severity.WARNING
        meant = flow.does(lock.key, "escape", "callback") and not scoped
        return Draft(
            self.finding(
                flow,
                operation.line,
                lock.name,
                message,
                story,
                Severity.INFO if meant else severity,
            ),
            unless_given_back=frozenset() if scoped else frozenset({lock.id}),
        )


def clashing(state: State, lock: LockRef, mode: str) -> bool:
    """Whether a blocking acquire in `mode` waits for a hold of this very path."""
    held = [h for h in state.holding() if h.key == lock.key]
    return any(h.mode == "exclusive" or mode == "exclusive" for h in held)
