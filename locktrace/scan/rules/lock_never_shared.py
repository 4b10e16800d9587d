"""LT402: a lock that is created in each call and that nobody else ever sees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule

_OWN_USES = frozenset({"acquire", "release", "locked", "notify", "notify_all", "wait", "wait_for"})


class LockNeverShared(FunctionRule):
    code = "LT402"
    name = "lock-never-shared"
    severity = Severity.WARNING
    page = """\
A lock is created in the function, acquired there, and never handed to anybody: each call has one
of its own, which excludes nobody.

    def add(self, row):
        lock = threading.Lock()
        with lock:
            self.rows.append(row)

Remedy: create it once, in `__init__` or at module level.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        if not isinstance(flow.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        created = {op.lock.key: op for op in flow.operations if op.action == "create" and op.lock}
        for key, operation in created.items():
            lock = operation.lock
            if lock is None or not flow.is_local(key) or not lock.name.isidentifier():
                continue
            taken = [
                op
                for op in flow.operations
                if op.action == "acquire" and op.lock and op.lock.key == key
            ]
            if (
                not taken
                or flow.expects_an_error(taken[0].line)
                or _is_shared(flow.node, lock.name)
            ):
                continue
            message = f"{lock.name} is created in each call and never shared: it excludes nobody"
            yield Draft(self.finding(flow, operation.line, lock.name, message))


def _is_shared(node: ast.AST, name: str) -> bool:
    """Whether the name is used for anything but to acquire and release."""
    own: set[int] = set()
    for found in ast.walk(node):
        if (
            isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            and found is not node
        ):
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(found)):
                return True
        elif isinstance(found, (ast.Global, ast.Nonlocal)) and name in found.names:
            return True
        elif isinstance(found, ast.Call) and isinstance(found.func, ast.Attribute):
            if found.func.attr in _OWN_USES:
                own.add(id(found.func.value))
        elif isinstance(found, (ast.With, ast.AsyncWith)):
            own.update(id(item.context_expr) for item in found.items)
    return any(
        isinstance(n, ast.Name)
        and n.id == name
        and isinstance(n.ctx, ast.Load)
        and id(n) not in own
        for n in ast.walk(node)
    )
