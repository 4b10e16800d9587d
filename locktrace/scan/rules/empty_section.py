"""LT403: a critical section with nothing in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.discover import statements
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class EmptySection(FunctionRule):
    code = "LT403"
    name = "empty-critical-section"
    severity = Severity.INFO
    page = """\
A lock is acquired and released with nothing in between.

    with self._lock:
        pass

Either what it should guard has gone, or it is used to wait until somebody has let go. Then an
Event or a Condition says so, and a comment helps.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        names = {op.line: op.lock.name for op in flow.operations if op.form == "with" and op.lock}
        for statement in statements(flow.node.body):
            if isinstance(statement, (ast.With, ast.AsyncWith)) and all(
                map(_is_nothing, statement.body)
            ):
                name = names.get(statement.items[-1].context_expr.lineno)
                if name is not None and not flow.expects_an_error(statement.lineno):
                    message = f"nothing is done while {name} is held"
                    yield Draft(self.finding(flow, statement.lineno, name, message))


def _is_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
