"""LT202: a read lock taken again by who has it."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class RecursiveRead(FunctionRule):
    code = "LT202"
    name = "recursive-read"
    severity = Severity.WARNING
    kinds = ("recursive-read", "blocked-by-pending-writer")
    page = """\
A read lock is taken by a thread that has it already, here or in a function that it calls.

    table.r_lock()
    size = self.size()               # takes the read lock as well
    table.r_unlock()

Where a waiting writer excludes new readers, a writer that asks between the two waits for the
first, and the second waits for the writer.

Remedy: take it once, at the outermost place; give the inner function a form that expects it held.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        seen: set[int] = set()
        for node, states in flow.nodes("acquire"):
            operation = node.operation
            assert operation is not None
            lock = operation.lock
            if (
                lock is None
                or lock.changing
                or operation.mode != "shared"
                or operation.line in seen
            ):
                continue
            again = {
                s
                for s in states
                if any(h.key == lock.key and h.mode == "shared" for h in s.holding())
            }
            if not again:
                continue
            seen.add(operation.line)
            point = flow.nearest(node, again)
            story = flow.story(point, lock.key, f"{lock.name} is read-locked again")
            message = (
                f"the read lock {lock.name} is taken by who has it: "
                "a writer between the two waits for both"
            )
            yield Draft(self.finding(flow, operation.line, lock.name, message, story))
