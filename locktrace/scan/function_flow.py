"""One function with its graph and paths: what the rules look at."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from locktrace.scan.discover import FunctionNode, statements
from locktrace.scan.facts import Holding
from locktrace.scan.flow.graph import Graph, Node
from locktrace.scan.modules import Function
from locktrace.scan.paths import Paths, Point, State
from locktrace.scan.records import LockRef, Operation, Step
from locktrace.scan.vocabulary import SWALLOWERS

_STEPS = {
    ("test", "true"): "the test is true",
    ("test", "false"): "the test is false",
    ("loop", "true"): "goes round the loop",
    ("loop", "false"): "the loop ends",
    ("return", ""): "returns",
    ("handler", ""): "the exception is caught",
}
Body = FunctionNode | ast.Module | ast.ClassDef
_EXPECTED_ERRORS = frozenset(
    {"RuntimeError", "ThreadError", "error", "Exception", "BaseException", "ValueError"}
)


@dataclass(slots=True)
class FunctionFlow:
    """``operations`` in the order of the source; ``locks`` by key."""

    function: Function
    file: str
    node: Body
    graph: Graph
    paths: Paths
    operations: list[Operation]
    locks: dict[str, LockRef] = field(default_factory=dict)
    _daring: list[tuple[int, int]] | None = None

    def nodes(self, *actions: str) -> Iterator[tuple[Node, set[State]]]:
        """The reached nodes with one of these actions, and the states in which they are reached."""
        for number, states in self.paths.reached.items():
            node = self.graph.nodes[number]
            if node.operation is not None and node.operation.action in actions:
                yield node, states

    def nearest(self, node: Node | int, states: Iterable[State]) -> Point:
        """The one of these states at a node to which the way is shortest."""
        if isinstance(node, int):
            number = node
        else:
            number = next(n for n, found in enumerate(self.graph.nodes) if found is node)
        points = ((number, state) for state in states)
        return min(points, key=lambda p: (len(self.paths.way_to(p)), p[1].held, p[1].facts))

    def holdings(self, states: set[State]) -> tuple[Holding, ...]:
        """What is held in some of these states."""
        found: dict[tuple[str, str], Holding] = {}
        scoped = {
            (op.lock.key, op.line)
            for op in self.operations
            if op.lock is not None and op.form == "with"
        }
        for state in states:
            for held in state.holding():
                lock = self.locks.get(held.key)
                if lock is None or (held.key, held.mode) in found:
                    continue
                always = not self.paths.cut and all(_holds(s, held.key, held.mode) for s in states)
                found[(held.key, held.mode)] = Holding(
                    lock, held.mode, held.line, always, (held.key, held.line) in scoped
                )
        return tuple(found.values())

    def expects_an_error(self, line: int) -> bool:
        """Whether the line is where the source shows that it may raise: in a `try` for it, or
        assertRaises.
        """
        if self._daring is None:
            self._daring = list(_daring_lines(self.node.body))
        return any(first <= line <= last for first, last in self._daring)

    def does(self, key: str, *actions: str) -> bool:
        """Whether the function has one of these operations on the lock, on whatever path."""
        return any(
            op.action in actions and op.lock is not None and op.lock.key == key
            for op in self.operations
        )

    def is_unclear(self, key: str) -> bool:
        """The result of a try is used in a way that is not followed, or the lock is asked whether
        it is held.
        """
        return any(
            op.lock is not None
            and op.lock.key == key
            and (op.action == "look" or (op.action == "try" and op.var == "?"))
            for op in self.operations
        )

    def is_local(self, key: str) -> bool:
        return key.startswith(f"@{self.function.id}.<locals>.")

    def story(self, point: Point, key: str, last: str) -> tuple[Step, ...]:
        """The way to `point` from where the lock was first taken, line by line, and `last` at its
        end.
        """
        steps: list[Step] = []
        started = False
        line = 0
        for (number, _), label in self.paths.way_to(point):
            node = self.graph.nodes[number]
            line = node.line or line
            operation = node.operation
            if operation is None:
                continue
            mine = operation.lock is not None and operation.lock.key == key
            started = (
                started
                or (mine and operation.action in ("acquire", "try"))
                or bool(operation.callee)
            )
            text = _step(operation, label, mine)
            if started and text:
                step = Step(node.line, text, self.file)
                if not steps or steps[-1] != step:
                    steps.append(step)
        end = self.graph.nodes[point[0]].line or line
        return (*steps, Step(end, last, self.file))


def _holds(state: State, key: str, mode: str) -> bool:
    held = state.of(key, mode)
    return held is not None and held.level > 0


def _step(operation: Operation, label: str, mine: bool) -> str:
    if mine and operation.action in ("acquire", "try", "release"):
        return _own_step(operation, label)
    if label == "raise":
        shown = operation.method or operation.note or operation.action
        return "raises" if operation.action == "raise" else f"may raise: {shown}"
    return _STEPS.get((operation.action, label), "")


def _own_step(operation: Operation, label: str) -> str:
    word = "read-locked" if operation.mode == "shared" else "acquired"
    if operation.action == "release":
        return "released here"
    if operation.action == "acquire" or label == "true":
        return f"{word} here"
    return "not acquired" if label == "false" else f"{word} here, if it was free"


def _daring_lines(body: list[ast.stmt]) -> Iterator[tuple[int, int]]:
    for statement in statements(body):
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            for item in statement.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and SWALLOWERS.search(ast.unparse(call.func)):
                    yield statement.lineno, statement.end_lineno or statement.lineno
        elif isinstance(statement, ast.Try) and any(map(_expects, statement.handlers)):
            yield statement.body[0].lineno, statement.body[-1].end_lineno or 0


def _expects(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(k is None or ast.unparse(k).rpartition(".")[2] in _EXPECTED_ERRORS for k in kinds)
