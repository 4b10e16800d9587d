"""LT105: an acquire that may fail, and nobody asks whether it did."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class UncheckedAcquire(FunctionRule):
    code = "LT105"
    name = "unchecked-acquire"
    severity = Severity.WARNING
    page = """\
An acquire with a time-out, or without waiting, may come back without the lock; its result is not
looked at.

    lock.acquire(timeout=5)
    update(table)                    # perhaps without the lock
    lock.release()                   # and perhaps somebody else's

Remedy: `if not lock.acquire(timeout=5): raise TimeoutError(…)`.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        for operation in flow.operations:
            if operation.action != "try" or not operation.discarded or operation.lock is None:
                continue
            if flow.expects_an_error(operation.line) or operation.lock.primitive.counting:
                continue
            name = operation.lock.name
            message = (
                f"{name} may not be acquired here, and the result of {operation.method}() "
                "is not looked at"
            )
            yield Draft(self.finding(flow, operation.line, name, message))
