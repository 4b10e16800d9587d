"""Types of arguments, as the calls in the same module give them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from locktrace.scan.modules import Function
from locktrace.scan.scope import Scope


def argument_types(functions: Iterable[tuple[ast.AST, Scope]]) -> dict[tuple[str, str], str]:
    """(function id, parameter) -> dotted type, where every call that passes a lock agrees."""
    found: dict[tuple[str, str], str] = {}
    for node, scope in functions:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and (call.args or call.keywords):
                for place, kind in _passed(call, scope):
                    found[place] = kind if found.get(place, kind) == kind else ""
    return found


def _passed(call: ast.Call, scope: Scope) -> Iterator[tuple[tuple[str, str], str]]:
    target, values = call.func, list(call.args)
    for keyword in call.keywords:
        if keyword.arg == "target":
            target = keyword.value
        elif keyword.arg == "args" and isinstance(keyword.value, ast.Tuple):
            values = list(keyword.value.elts)
    if not any(isinstance(value, (ast.Name, ast.Attribute)) for value in values):
        return
    callee = _callee(target, scope)
    if callee is None:
        return
    params = callee.params[1:] if callee.owner and not callee.static else callee.params
    for param, value in zip(params, values, strict=False):
        if isinstance(value, (ast.Name, ast.Attribute)):
            thing = scope.thing(value)
            if thing is not None and scope.project.primitive(thing.type) is not None:
                yield (callee.id, param), thing.type


def _callee(target: ast.expr, scope: Scope) -> Function | None:
    project, index = scope.project, scope.discovery.index
    if isinstance(target, ast.Name):
        own = index.functions.get(target.id) or index.functions.get(
            f"{scope.function.qualname}.<locals>.{target.id}"
        )
        return own or project.method(f"{index.name}.{target.id}", "__init__")
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        thing = scope.thing(target.value)
        return project.method(thing.type, target.attr) if thing and thing.type else None
    return None
