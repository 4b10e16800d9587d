"""The listing: each operation on a lock as one line."""

from __future__ import annotations

from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.records import Listed, LockRef, Operation
from locktrace.scan.vocabulary import UNKNOWN

_LISTED = frozenset({"create", "acquire", "try", "release", "wait", "notify"})


def listed(flow: FunctionFlow) -> tuple[Listed, ...]:
    """The lines of one function, in the order of the source."""
    finally_released = _released_in_finally(flow)
    lines = []
    for operation in flow.operations:
        lock = operation.lock
        waits_for_signal = operation.action == "block" and lock is not None
        if lock is not None and (operation.action in _LISTED or waits_for_signal):
            lines.append(_line(flow, operation, lock, finally_released))
    return tuple(lines)


def _line(
    flow: FunctionFlow, operation: Operation, lock: LockRef, finally_released: set[tuple[str, str]]
) -> Listed:
    form = operation.form
    guarded = operation.action in ("acquire", "try", "release")
    if form == "bare" and guarded and (lock.key, operation.mode) in finally_released:
        form = "try/finally"
    action = "wait" if operation.action == "block" else operation.action
    has_mode = guarded
    return Listed(
        flow.file,
        operation.line,
        flow.function.qualname,
        action,
        lock.name,
        "unknown" if lock.primitive is UNKNOWN else lock.primitive.kind,
        operation.mode if has_mode else "",
        form if guarded else "",
    )


def _released_in_finally(flow: FunctionFlow) -> set[tuple[str, str]]:
    """Locks whose release runs on the way out by an exception too: more than one copy, or a
    `finally`.
    """
    import ast

    from locktrace.scan.discover import statements

    ranges = [
        (s.finalbody[0].lineno, s.finalbody[-1].end_lineno or 0)
        for s in statements(flow.node.body)
        if isinstance(s, (ast.Try, ast.TryStar)) and s.finalbody
    ]
    return {
        (op.lock.key, op.mode)
        for op in flow.operations
        if op.action == "release"
        and op.lock is not None
        and any(first <= op.line <= last for first, last in ranges)
    }
