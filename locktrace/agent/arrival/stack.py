"""What a frame's value stack holds: the C method that it is calling, and its managers.

A slot is read by the core only if the frame is still at the instruction for which the depth
was worked out, and never beyond that depth: what lies there may be gone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType, GeneratorType
from typing import Any, NamedTuple

from locktrace.agent.arrival.depths import Depths, depths
from locktrace.agent.arrival.slots import Slots

Types = tuple[type, ...]

_ENTERS = frozenset({"BEFORE_WITH", "BEFORE_ASYNC_WITH"})
_AWAITS = frozenset(
    {"CLEANUP_THROW", "END_SEND", "GET_AWAITABLE", "JUMP_BACKWARD_NO_INTERRUPT",
     "LOAD_COMMON_CONSTANT", "LOAD_CONST", "PUSH_NULL", "RESUME", "SEND", "YIELD_VALUE"}
)  # fmt: skip
_MANAGERS_ARE_KEPT = sys.version_info >= (3, 14)


class Call(NamedTuple):
    """A call of a C method that is under way; arguments that are not plain are None."""

    method: str
    subject: object
    arguments: tuple[object, ...] = ()
    keywords: dict[str, object] = {}  # noqa: RUF012  (of a NamedTuple, and never changed)

    def argument(self, position: int, name: str, default: object) -> object:
        """The argument at `position` or of that name."""
        if position < len(self.arguments):
            return self.arguments[position]
        return self.keywords.get(name, default)


class Manager(NamedTuple):
    """An object that a `with` block will exit; `site` is the offset at which it was entered."""

    subject: object
    site: int


def variables(code: CodeType) -> int:
    """How many slots come before the value stack: parameters, variables, cells."""
    cells = sum(name not in code.co_varnames for name in code.co_cellvars)
    return len(code.co_varnames) + cells + len(code.co_freevars)


def variable(frame: FrameType, name: str, slots: Slots, types: Types) -> object | None:
    """The value of a parameter or variable if it is of one of `types`."""
    code = frame.f_code
    if name not in code.co_varnames:
        return None
    return slots.value(frame, frame.f_lasti, code.co_varnames.index(name), types)


def blocked_call(frame: FrameType, slots: Slots, types: Types) -> Call | None:
    """The call of a C method of one of `types` that the innermost `frame` of a thread is in."""
    lasti, code = frame.f_lasti, frame.f_code
    known = depths(code)
    order = known.order(lasti)
    if order < 0:
        return None
    if known.instructions[order].name in _ENTERS:
        subject = slots.value(frame, lasti, variables(code) + known.before(order) - 1, types)
        return Call("__enter__", subject) if subject is not None else None
    base, size = known.call_slots(order)
    if not size:
        return None
    found = slots.call(frame, lasti, variables(code) + base, size, types)
    if found is None:
        return None
    method, subject, given = found
    return Call(method, subject, *_arguments(known, order, code, given))


def _arguments(
    known: Depths, order: int, code: CodeType, given: tuple[object, ...]
) -> tuple[tuple[object, ...], dict[str, object]]:
    """The positional arguments of a call, and those by name."""
    instruction = known.instructions[order]
    if instruction.name == "CALL_FUNCTION_EX":
        positional, named = (*given, None, None)[:2]
        return (
            positional if isinstance(positional, tuple) else (),
            dict(named) if isinstance(named, dict) else {},
        )
    names: object = ()
    if instruction.name == "CALL_KW":
        given, names = given[:-1], given[-1]
    else:
        names = _keyword_names(known, order, code)
    if not isinstance(names, tuple) or not names:
        return given, {}
    return given[: -len(names)], dict(zip(names, given[-len(names) :], strict=True))


def _keyword_names(known: Depths, order: int, code: CodeType) -> object:
    """Before 3.13 an instruction before the call gives the names."""
    for before in known.instructions[max(0, order - 2) : order]:
        if before.name == "KW_NAMES":
            return code.co_consts[before.arg]
    return ()


def managers(frame: FrameType, slots: Slots, types: Types) -> Iterator[Manager]:
    """The managers of `types` whose blocks the frame is in, innermost first.

    The exception table says which handlers are there; that of a `with` begins by calling
    the exit method, which lies right below the exception.
    """
    lasti, code = frame.f_lasti, frame.f_code
    known = depths(code)
    for handler in known.handlers_of(lasti):
        if not _is_of_a_with(known, handler.target):
            continue
        at = variables(code) + handler.depth - 1
        subject = slots.value(frame, lasti, at, types)
        if subject is None and _MANAGERS_ARE_KEPT:  # its exit method may be bound already
            subject = slots.value(frame, lasti, at - 1, types)
        if subject is not None:
            yield Manager(subject, _entered_at(known, handler.target))


def _is_of_a_with(known: Depths, target: int) -> bool:
    order = known.order(target)
    names = [instruction.name for instruction in known.instructions[order : order + 2]]
    return names == ["PUSH_EXC_INFO", "WITH_EXCEPT_START"]


def _entered_at(known: Depths, target: int) -> int:
    """The instruction before the block, which has entered the manager; -1: not found."""
    first = min(row.start for row in known.handlers if row.target == target)
    return _before_await(known, known.order(first) - 1)


def awaited_at(frame: FrameType) -> int:
    """The offset of the call whose result a suspended coroutine awaits; -1: not found."""
    known = depths(frame.f_code)
    return _before_await(known, known.order(frame.f_lasti))


def _before_await(known: Depths, order: int) -> int:
    while order >= 0 and known.instructions[order].name in _AWAITS:
        order -= 1
    return known.instructions[order].offset if order >= 0 else -1


def waiting_generators(frame: FrameType, slots: Slots) -> Iterator[GeneratorType[Any, Any, Any]]:
    """Generators that the frame has in its variables, or is in the middle of a loop over.

    Only while it is in a call: then what lies below that call's slots is in use.
    """
    lasti, code = frame.f_lasti, frame.f_code
    known = depths(code)
    base, size = known.call_slots(known.order(lasti))
    for index in range(variables(code) + base) if size else ():
        found = slots.value(frame, lasti, index, (GeneratorType,))
        if isinstance(found, GeneratorType):
            yield found
