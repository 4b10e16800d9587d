"""Where the loaded modules take a lock: in which functions, at which lines.

For a lock that somebody waits for while nobody is known to hold it: one of these places has it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from locktrace.agent.arrival.paths import Use, follow, uses
from locktrace.agent.names import is_passed_through, line_of
from locktrace.agent.stacks import OWN_FOLDER

_mro: Any = type.__dict__["__mro__"].__get__  # of a class; a metaclass cannot hide them
_own: Any = type.__dict__["__dict__"].__get__

BUDGET_NS = 100_000_000  # of processor time, for all modules
MOST_SITES = 8  # of a lock
MOST_NESTED = 8  # functions within functions, classes within classes

SiteRow = tuple[str, int, str]
"""File, line, function."""


class Want(NamedTuple):
    """A lock to look for, by what it is called where it is waited for.

    `attribute` is the last name there, `owner` the class of the object that has it, if it is
    known. `address` is the lock's, 0 for a compound one; `kind` is then its class.
    """

    attribute: str
    owner: type | None
    address: int
    kind: str


class Function(NamedTuple):
    """Some code, the class whose method it is, if it is one, and the names of its module."""

    code: CodeType
    owner: type | None
    names: Mapping[str, Any]


def acquirers(want: Want, methods: frozenset[str], standard: bool) -> list[SiteRow]:
    """The first few sites that call one of `methods` of the lock, those that need a release
    call before the `with` blocks. `standard`: in the standard library too."""
    until = time.thread_time_ns() + BUDGET_NS
    bare: dict[SiteRow, None] = {}
    blocks: dict[SiteRow, None] = {}
    for function in _functions(standard):
        if len(bare) >= MOST_SITES or time.thread_time_ns() > until:
            break
        for use in _uses(function, want, methods):
            code = function.code
            site = (code.co_filename, line_of(code, use.offset), code.co_qualname)
            (blocks if use.method == "__enter__" else bare)[site] = None
    return [*bare, *blocks][:MOST_SITES]


def _uses(function: Function, want: Want, methods: frozenset[str]) -> Iterator[Use]:
    if want.attribute in function.code.co_names:
        for use in uses.__wrapped__(function.code, methods):
            if _is_of(use, function, want):
                yield use


def _is_of(use: Use, function: Function, want: Want) -> bool:
    """Whether that call may be of the lock: by the object, where it can be had, else by name."""
    path = use.path
    if (path.attributes or (path.root,))[-1] != want.attribute:
        return False
    if path.is_global:
        found = follow(function.names.get(path.root), path.attributes)
        if want.address:
            return id(found) == want.address
        return type(found).__name__ == want.kind
    is_own = path.root == function.code.co_varnames[0] if function.code.co_argcount else False
    if function.owner is None or want.owner is None or not is_own or len(path.attributes) != 1:
        return bool(path.attributes)
    return _are_related(function.owner, want.owner)


def _are_related(one: type, other: type) -> bool:
    return any(cls is one for cls in _mro(other)) or any(cls is other for cls in _mro(one))


def _functions(standard: bool) -> Iterator[Function]:
    """Those that the modules and their classes define, and what is defined within them."""
    seen: set[int] = set()
    for module in list(sys.modules.values()):
        if type(module) is not ModuleType or module.__dict__.get("__name__") is None:
            continue
        names = module.__dict__
        for value in list(names.values()):
            for function in _defined(value, None, names["__name__"], MOST_NESTED):
                code = function.code
                if id(code) not in seen and _is_looked_at(code, standard):
                    seen.add(id(code))
                    yield from _with_nested(function, MOST_NESTED)


def _is_looked_at(code: CodeType, standard: bool) -> bool:
    return not code.co_filename.startswith(OWN_FOLDER) and (standard or not is_passed_through(code))


def _defined(value: Any, owner: type | None, module: str, depth: int) -> Iterator[Function]:
    """The functions behind what a module or a class has under some name."""
    kind = type(value)  # and not isinstance, which asks proxies what they stand for
    if issubclass(kind, type):
        own = _own(value)
        if depth and own.get("__module__") == module:
            for inner in list(own.values()):
                yield from _defined(inner, value, module, depth - 1)
    elif kind is staticmethod or kind is classmethod:
        yield from _defined(value.__func__, owner, module, depth)
    elif kind is property:
        for part in (value.fget, value.fset):
            yield from _defined(part, owner, module, depth)
    elif kind is FunctionType:
        inside = value.__dict__.get("__wrapped__")
        if type(inside) is FunctionType and depth:
            yield from _defined(inside, owner, module, depth - 1)
        if value.__globals__.get("__name__") == module:
            yield Function(value.__code__, owner, value.__globals__)


def _with_nested(function: Function, depth: int) -> Iterator[Function]:
    yield function
    for constant in function.code.co_consts if depth else ():
        if type(constant) is CodeType:
            yield from _with_nested(Function(constant, None, function.names), depth - 1)
