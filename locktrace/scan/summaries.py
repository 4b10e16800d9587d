"""What a function leaves behind, acquires, calls and blocks on: its facts for the others."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.scan.facts import Acquired, Blocked, Called, FunctionFacts
from locktrace.scan.flow.graph import RAISED, RETURNED
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.paths import Alternatives, Delta, State

_MOST_WAYS = 4


def plain_facts(flow: FunctionFlow) -> FunctionFacts:
    """A function without locks of its own still calls and blocks."""
    called = tuple(Called(op.callee, op.line, op.args) for op in flow.operations if op.callee)
    blocked = tuple(
        Blocked(op.note, op.line) for op in flow.operations if op.action == "block" and not op.timed
    )
    function = flow.function
    return FunctionFacts(
        function.id,
        flow.file,
        function.qualname,
        function.line,
        called=called,
        blocked=blocked,
        handlers=_signal_handlers(flow),
    )


def flow_facts(flow: FunctionFlow) -> FunctionFacts:
    function = flow.function
    is_generator = any(op.action == "yield" for op in flow.operations)
    returned = flow.paths.at(RETURNED)
    back = () if is_generator else _ways(flow, returned)
    inside: Alternatives = ()
    if function.context_manager:
        inside = _ways(flow, {s for _, states in flow.nodes("yield") for s in states})
    taken = [d.lock.id for way in _ways(flow, returned, most=99) for d in way if d.change > 0]
    callbacks = {
        op.lock.id for op in flow.operations if op.action == "callback" and op.lock is not None
    }
    return FunctionFacts(
        function.id,
        flow.file,
        function.qualname,
        function.line,
        tuple(_acquired(flow)),
        tuple(_called(flow)),
        tuple(_blocked(flow)),
        back,
        inside,
        frozenset(_given_back(flow)) | callbacks,
        frozenset(taken),
        frozenset(
            op.lock.id for op in flow.operations if op.action in ("acquire", "try") and op.lock
        ),
        _signal_handlers(flow),
    )


def _ways(flow: FunctionFlow, states: set[State], most: int = _MOST_WAYS) -> Alternatives:
    ways = set()
    for state in states:
        changes = [
            Delta(flow.locks[held.key], held.mode, 1 if held.level > 0 else -1)
            for held in state.held
            if held.level and held.key in flow.locks
        ]
        ways.add(tuple(changes))
    if flow.paths.cut or len(ways) > most or ways <= {()}:
        return ()
    return tuple(sorted(ways, key=len))


def _given_back(flow: FunctionFlow) -> Iterator[str]:
    """Locks that some path releases once more than it acquires, however it ends."""
    for node, before in flow.nodes("release"):
        lock = node.operation.lock if node.operation is not None else None
        mode = node.operation.mode if node.operation is not None else ""
        if lock and any((held := s.of(lock.key, mode)) and held.level == 0 for s in before):
            yield lock.id
    ends = flow.paths.at(RETURNED) | flow.paths.at(RAISED)
    for state in ends or {s for _, states in flow.nodes("release", "loop", "test") for s in states}:
        yield from (flow.locks[h.key].id for h in state.held if h.level < 0 and h.key in flow.locks)


def _acquired(flow: FunctionFlow) -> Iterator[Acquired]:
    for node, states in flow.nodes("acquire"):
        operation = node.operation
        assert operation is not None
        if operation.lock is None:
            continue
        known = [state.of(operation.lock.key, operation.mode) for state in states]
        if all(held is not None and held.level < 0 for held in known):
            continue  # takes back what its caller held before
        yield Acquired(operation.lock, operation.mode, operation.line, flow.holdings(states))


def _called(flow: FunctionFlow) -> Iterator[Called]:
    for node, states in flow.nodes("call", "enter"):
        operation = node.operation
        if operation is not None and operation.callee:
            let_go = frozenset(h.key for state in states for h in state.held if h.level < 0)
            yield Called(
                operation.callee, operation.line, operation.args, flow.holdings(states), let_go
            )


def _blocked(flow: FunctionFlow) -> Iterator[Blocked]:
    for node, states in flow.nodes("block", "wait"):
        operation = node.operation
        if operation is None or operation.timed:
            continue
        own = operation.lock.key if operation.action == "wait" and operation.lock else ""
        shown = operation.lock.name if operation.lock else ""
        note = operation.note or f"{shown}.{operation.method}() waits to be notified"
        yield Blocked(note, operation.line, flow.holdings(states), own)


def _signal_handlers(flow: FunctionFlow) -> tuple[str, ...]:
    module = flow.function.id[: -len(flow.function.qualname) - 1]
    return tuple(
        f"{module}.{dict(op.args)['1']}"
        for op in flow.operations
        if op.method == "signal.signal" and "1" in dict(op.args)
    )
