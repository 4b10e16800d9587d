"""LT401: `with Lock():` guards nothing."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class LockPerWith(FunctionRule):
    code = "LT401"
    name = "new-lock-each-time"
    severity = Severity.ERROR
    page = """\
A lock is created in the expression that acquires it: everybody gets one of their own.

    with threading.Lock():           # excludes nobody
        counter += 1

Remedy: create the lock once, where what it guards is created.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        for operation in flow.operations:
            lock = operation.lock
            if operation.action != "acquire" or lock is None or not lock.key.startswith("<new"):
                continue
            message = (
                f"a new {lock.primitive.kind} is created and acquired here: it excludes nobody"
            )
            yield Draft(self.finding(flow, operation.line, lock.name, message))
