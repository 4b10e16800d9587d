"""LT501: Condition.wait outside a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.discover import statements
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class WaitOutsideLoop(FunctionRule):
    code = "LT501"
    name = "wait-outside-loop"
    severity = Severity.WARNING
    kinds = ("lost-wakeup",)
    page = """\
`Condition.wait` returns when it is notified, and also when somebody else was quicker: what was
waited for must be looked at again.

    with self.ready:
        if not self.items:
            self.ready.wait()        # another consumer may have taken the item
        return self.items.pop()

A wait without any test is a wake-up lost, if the notification comes first.

Remedy: `while not self.items: self.ready.wait()`, or `self.ready.wait_for(lambda: self.items)`.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        if flow.function.qualname.rpartition(".")[2].lstrip("_").startswith("wait"):
            return
        waits = [
            op
            for op in flow.operations
            if op.action == "wait"
            and op.method == "wait"
            and op.lock
            and op.lock.primitive.condition
        ]
        if not waits:
            return
        loops = [
            (s.lineno, s.end_lineno or s.lineno)
            for s in statements(flow.node.body)
            if isinstance(s, (ast.While, ast.For, ast.AsyncFor))
        ]
        for operation in waits:
            in_loop = any(first <= operation.line <= last for first, last in loops)
            if operation.lock and not in_loop and not flow.expects_an_error(operation.line):
                name = operation.lock.name
                message = f"{name}.wait() is in no loop that looks again at what it waits for"
                yield Draft(self.finding(flow, operation.line, operation.lock.name, message))
