"""Tests: short circuits become branches, and the same question asked twice has one answer."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

_OPPOSITE = {ast.IsNot: "is", ast.NotEq: "==", ast.NotIn: "in"}
_SAME = {
    ast.Is: "is",
    ast.Eq: "==",
    ast.In: "in",
    ast.Lt: "<",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.GtE: ">=",
}


def question(node: ast.expr) -> tuple[str, bool]:
    """The text of a test and whether it asks that (True) or its opposite; no text if it has
    calls.
    """
    if isinstance(node, ast.Name):
        return node.id, True
    if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
        return ast.unparse(node), True
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node.left, node.ops[0], node.comparators[0])
    return "", True


def _comparison(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> tuple[str, bool]:
    if any(
        isinstance(found, (ast.Call, ast.Await))
        for side in (left, right)
        for found in ast.walk(side)
    ):
        return "", True
    kind = type(operator)
    if isinstance(right, ast.Constant) and right.value is None and kind in (ast.Is, ast.IsNot):
        # `x is None` is taken as the opposite of plain `x`: so they are used.
        text, _ = question(left)
        return text or ast.unparse(left), kind is ast.IsNot
    word = _OPPOSITE.get(kind) or _SAME.get(kind)
    if word is None:
        return "", True
    return f"{ast.unparse(left)} {word} {ast.unparse(right)}", kind not in _OPPOSITE


def repeated_questions(statements: Iterator[ast.stmt]) -> frozenset[str]:
    """The questions that a function asks more than once, and all that are asked of plain names."""
    asked: Counter[str] = Counter()
    for statement in statements:
        test = getattr(statement, "test", None)
        if isinstance(test, ast.expr):
            for leaf in leaves(test):
                asked[question(leaf)[0]] += 1
    return frozenset(
        text for text, times in asked.items() if text and (times > 1 or text.isidentifier())
    )


def leaves(test: ast.expr) -> Iterator[ast.expr]:
    """The parts of a test that are evaluated one after the other."""
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from leaves(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from leaves(test.operand)
    else:
        yield test
