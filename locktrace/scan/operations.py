"""Operations: what the expressions of a function do to locks, in the order of evaluation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from locktrace.scan.call_operations import CallReader
from locktrace.scan.records import Operation
from locktrace.scan.scope import Scope

_LEAVES = (ast.Name, ast.Constant, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Reader:
    """Turns the expressions of one function into operations; each expression once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.operations: dict[int, list[Operation]] = {}
        self._kept: list[ast.expr] = []
        self._awaited: set[int] = set()
        self._calls = CallReader(scope, self._awaited)

    def read(
        self, node: ast.expr | None, result: str = "used", target: str = ""
    ) -> list[Operation]:
        """The operations of an expression. ``result`` is what becomes of its value: used,
        discarded, tested, or ``=name``; ``target`` names a lock that it creates."""
        if node is None or isinstance(node, _LEAVES):
            return []
        found = self.operations.get(id(node))
        if found is None:
            found = list(self._expression(node, result, target))
            self.operations[id(node)] = found
            self._kept.append(node)
        return found

    def enter(self, node: ast.expr) -> Operation | None:
        """The acquire of ``with node``, or None if that is no lock."""
        handle = self.scope.handle(node)
        if handle is None or handle.lock.primitive.signal:
            return None
        return Operation("acquire", node.lineno, handle.lock, handle.mode, "with", "with")

    def _expression(self, node: ast.expr, result: str, target: str) -> Iterator[Operation]:
        if isinstance(node, ast.Call):
            yield from self._call(node, result, target)
        elif isinstance(node, ast.Await):
            yield from self._await(node, result)
        elif isinstance(node, (ast.Yield, ast.YieldFrom)):
            yield from self._parts(node.value)
            yield Operation("yield", node.lineno, calm=False)
        elif isinstance(node, ast.Lambda):
            yield from self._lambda(node)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node)
        elif isinstance(node, ast.NamedExpr):
            yield from self._expression(node.value, f"={node.target.id}", node.target.id)
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._parts(child)

    def _parts(self, node: ast.AST | None) -> Iterator[Operation]:
        if isinstance(node, ast.expr):
            if not isinstance(node, (ast.Name, ast.Constant)):
                yield from self._expression(node, "used", "")
        elif isinstance(node, (ast.comprehension, ast.keyword, ast.FormattedValue)):
            for child in ast.iter_child_nodes(node):
                yield from self._parts(child)

    def _attribute(self, node: ast.Attribute) -> Iterator[Operation]:
        if node.attr in ("release", "__exit__") or node.attr.endswith("unlock"):
            handle = self.scope.handle(node.value)
            if handle is not None:
                yield Operation("callback", node.lineno, handle.lock, handle.mode, method=node.attr)
        elif not isinstance(node.value, ast.Name):
            yield from self._parts(node.value)

    def _lambda(self, node: ast.Lambda) -> Iterator[Operation]:
        for found in ast.walk(node.body):
            if isinstance(found, ast.Attribute):
                yield from self._attribute(found)

    def _await(self, node: ast.Await, result: str) -> Iterator[Operation]:
        self._awaited.add(id(node.value))
        inside = (
            list(self._expression(node.value, result, ""))
            if isinstance(node.value, ast.Call)
            else []
        )
        if not inside:
            yield from self._parts(node.value)
        yield from inside
        if not inside or inside[-1].action not in ("acquire", "try", "wait"):
            yield Operation("await", node.lineno, calm=False)

    def _call(self, node: ast.Call, result: str, target: str) -> Iterator[Operation]:
        function = node.func
        if isinstance(function, ast.Attribute):
            if not isinstance(function.value, ast.Name):
                yield from self._parts(function.value)
        else:
            yield from self._parts(function)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from self._argument(
                argument.value if isinstance(argument, ast.Starred) else argument
            )
        yield self._calls.read(node, result, target)

    def _argument(self, value: ast.expr) -> Iterator[Operation]:
        if isinstance(value, (ast.Name, ast.Attribute)):
            handle = self.scope.handle(value)
            if handle is not None:
                yield Operation("escape", value.lineno, handle.lock)
                return
        if isinstance(value, (ast.Tuple, ast.List)):
            for each in value.elts:
                yield from self._argument(each)
        else:
            yield from self._parts(value)
