"""How code gets at an object: a variable and the attributes after it, `self.table.lock`."""

from __future__ import annotations

import functools
import sys
from types import (
    CellType,
    CodeType,
    FrameType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any, NamedTuple

from locktrace.agent.arrival.depths import Depths, Instruction, depths
from locktrace.agent.arrival.slots import Slots

MOST_ATTRIBUTES = 8
_MISSING: Any = object()
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_NAMES = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_VARIABLES = ("LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF")
_ENTERS = frozenset({"BEFORE_WITH", "BEFORE_ASYNC_WITH"})
_instance_dict: Any = type.__dict__["__dict__"]  # of a class; a metaclass cannot hide it


class Path(NamedTuple):
    """`root` is a variable of the function, or with `is_global` a name of its module."""

    root: str
    is_global: bool
    attributes: tuple[str, ...]


class Use(NamedTuple):
    """A call of `method` of the object at `path`: which instruction calls, and its offset.

    A `with` is a call of `__enter__`.
    """

    order: int
    offset: int
    method: str
    path: Path


@functools.lru_cache(maxsize=1024)
def uses(code: CodeType, methods: frozenset[str]) -> tuple[Use, ...]:
    """Where `code` calls one of `methods`, or enters a `with`, of an object that has a path."""
    known = depths(code)
    found = []
    for order, instruction in enumerate(known.instructions):
        if instruction.name in _ENTERS:
            use = _use(known, code, order, order - 1, "__enter__")
        elif instruction.name == "LOAD_SPECIAL" and instruction.arg in {0, 2}:
            use = _use(known, code, order + 1, _before_copy(known, order), "__enter__")
        elif instruction.name in _ATTRIBUTES and _attribute(code, instruction) in methods:
            call = _call(known, order)
            use = _use(known, code, call, order - 1, _attribute(code, instruction))
        else:
            continue
        if use is not None:
            found.append(use)
    return tuple(found)


def _use(known: Depths, code: CodeType, call: int, end: int, method: str) -> Use | None:
    path = _path(known, code, end)
    if path is None or not 0 <= call < len(known.instructions):
        return None
    return Use(call, known.instructions[call].offset, method, path)


def _before_copy(known: Depths, order: int) -> int:
    """From 3.14 on a `with` copies its manager before it looks up the methods."""
    while order >= 0 and known.instructions[order].name != "COPY":
        order -= 1
    return order - 1


def _call(known: Depths, order: int) -> int:
    """The call of the method that instruction `order` has loaded; -1: it is not called here."""
    base = known.before(order) - 1
    following = known.instructions[order + 1 : order + 2]
    if following and following[0].name in _ATTRIBUTES:  # `.lock` of `self.lock.acquire()`
        return -1
    for later in range(order + 1, len(known.instructions)):
        if known.instructions[later].name != "PRECALL" and known.call_slots(later)[0] == base:
            return later
        if 0 <= known.before(later) <= base:
            return -1
    return -1


def _path(known: Depths, code: CodeType, end: int) -> Path | None:
    """The path that the instructions up to `end` load."""
    attributes: list[str] = []
    while end >= 0 and len(attributes) <= MOST_ATTRIBUTES:
        instruction = known.instructions[end]
        name = instruction.name
        if name == "LOAD_ATTR":
            attributes.append(_attribute(code, instruction))
            end -= 1
        elif name in _NAMES:
            arg = instruction.arg >> 1 if name == "LOAD_GLOBAL" else instruction.arg
            return Path(code.co_names[arg], True, tuple(reversed(attributes)))
        elif name.startswith(_VARIABLES):
            last = instruction.arg & 15 if "_LOAD_FAST" in name[4:] else instruction.arg
            names = variable_names(code)
            if not 0 <= last < len(names):
                return None
            return Path(names[last], False, tuple(reversed(attributes)))
        else:
            return None
    return None


def _attribute(code: CodeType, instruction: Instruction) -> str:
    shifted = instruction.name == "LOAD_ATTR" and sys.version_info >= (3, 12)
    arg = instruction.arg >> 1 if shifted else instruction.arg
    return code.co_names[arg] if 0 <= arg < len(code.co_names) else ""


@functools.lru_cache(maxsize=1024)
def variable_names(code: CodeType) -> tuple[str, ...]:
    """The variables in the order of their slots: parameters and locals, cells, free variables."""
    cells = tuple(name for name in code.co_cellvars if name not in code.co_varnames)
    return code.co_varnames + cells + code.co_freevars


def resolve(path: Path, frame: FrameType, slots: Slots, steps: int | None = None) -> object | None:
    """The object at `path` in `frame`, its last attributes left out if `steps` says how many to
    take; None if it is not there, or could only be had by running code of the program."""
    found: Any
    if path.is_global:
        found = frame.f_globals.get(path.root, _MISSING)
    else:
        names = variable_names(frame.f_code)
        index = names.index(path.root) if path.root in names else -1
        found = slots.value(frame, frame.f_lasti, index, (object,)) if index >= 0 else None
        if type(found) is CellType:
            try:
                found = found.cell_contents
            except ValueError:  # empty
                return None
    return follow(found, path.attributes[:steps])


def follow(found: Any, attributes: tuple[str, ...]) -> object | None:
    """The object at the end of `attributes` of another, None if there is none."""
    for name in attributes:
        if found is _MISSING or found is None:
            return None
        found = peek(found, name)
    result: object = None if found is _MISSING else found
    return result


def peek(subject: Any, name: str) -> Any:
    """An attribute as it is stored, or `_MISSING`: no property and no `__getattr__` is asked."""
    if type(subject) is ModuleType:
        return subject.__dict__.get(name, _MISSING)
    in_class: Any = _MISSING
    for cls in type(subject).__mro__:
        own = _instance_dict.__get__(cls)
        in_class = own.get(name, _MISSING)
        if in_class is not _MISSING:
            break
    if type(in_class) is MemberDescriptorType:
        try:
            return in_class.__get__(subject)
        except AttributeError:  # never set
            return _MISSING
    return _dict_of(subject).get(name, in_class)


def _dict_of(subject: Any) -> dict[str, Any]:
    """An object's own attributes: through the descriptor that its class has for them."""
    if isinstance(subject, type):
        found = {}
        for cls in reversed(subject.__mro__):
            found.update(_instance_dict.__get__(cls))
        return found
    for cls in type(subject).__mro__:
        descriptor = _instance_dict.__get__(cls).get("__dict__")
        if descriptor is not None:
            if type(descriptor) is not GetSetDescriptorType:
                return {}
            own = descriptor.__get__(subject)
            return own if type(own) is dict else {}
    return {}
