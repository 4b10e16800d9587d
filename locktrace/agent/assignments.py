"""Which of the values of an assignment goes where: `self.a, b = Lock(), Queue(maxsize=9)`.

The instructions behind a call are followed with a stack that holds its result and, of all the
rest, only that it is there.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from itertools import pairwise

_IDLE = frozenset({"CACHE", "EXTENDED_ARG", "KW_NAMES", "NOP", "NOT_TAKEN", "PRECALL"})
_LOADS = frozenset(
    {"LOAD_CLOSURE", "LOAD_COMMON_CONSTANT", "LOAD_CONST", "LOAD_DEREF", "LOAD_FAST",
     "LOAD_FAST_BORROW", "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "LOAD_FAST_CHECK",
     "LOAD_FAST_LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_SMALL_INT", "PUSH_NULL"}
)  # fmt: skip
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_CALLS = {"CALL": 2, "CALL_KW": 3}
"""What a call takes from the stack beside its arguments."""
_STORES = frozenset(
    {"STORE_ATTR", "STORE_DEREF", "STORE_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST",
     "STORE_GLOBAL", "STORE_NAME"}
)  # fmt: skip

Stored = tuple[str, str]
"""`attribute` or `variable`, and its name."""


class _Stack:
    """Topmost last; True is what is looked for. Below is what was there before: it never ends."""

    def __init__(self) -> None:
        self._values = [True]

    def pop(self) -> bool:
        return self._values.pop() if self._values else False

    def replace(self, count: int, others: int) -> bool:
        """`count` values give way to `others`; whether ours was not among them."""
        self._reach(count)
        at = len(self._values) - count
        ours = any(self._values[at:])
        self._values[at:] = [False] * others
        return not ours

    def copy(self, depth: int) -> None:
        self._reach(depth)
        self._values.append(self._values[-depth])

    def swap(self, depth: int) -> None:
        self._reach(depth)
        values = self._values
        values[-1], values[-depth] = values[-depth], values[-1]

    def reverse(self, count: int) -> None:
        self._reach(count)
        self._values[-count:] = reversed(self._values[-count:])

    def _reach(self, depth: int) -> None:
        self._values[:0] = [False] * (depth - len(self._values))


def assigned(instructions: list[dis.Instruction]) -> Stored | None:
    """Where the value goes that the call right before `instructions` gives.

    None if that is not to be told: it is used for something else first, or the way branches.
    """
    stack = _Stack()
    unpacked = _unpacked(instructions)
    for instruction in instructions:
        if instruction.offset in unpacked:
            stack.reverse(unpacked[instruction.offset])
        elif instruction.opname in _STORES:
            stored = _store(stack, instruction)
            if stored is not None:
                return stored
        elif not _follow(stack, instruction):
            return None
    return None


def _follow(stack: _Stack, instruction: dis.Instruction) -> bool:
    """Whether ours is still on the stack, as far as that can be told."""
    name, argument = instruction.opname, instruction.arg or 0
    if name in _CALLS:
        return stack.replace(argument + _CALLS[name], 1)
    if name in _ATTRIBUTES:
        return stack.replace(1, 1 + dis.stack_effect(instruction.opcode, instruction.arg))
    if name in _LOADS:
        return stack.replace(0, dis.stack_effect(instruction.opcode, instruction.arg))
    if name == "COPY":
        stack.copy(argument)
    elif name == "SWAP":
        stack.swap(argument)
    return name in {"COPY", "SWAP"} or name in _IDLE


def _unpacked(instructions: list[dis.Instruction]) -> dict[int, int]:
    """How many values are turned round by what makes a tuple or list only to take it apart."""
    real = [instruction for instruction in instructions if instruction.opname not in _IDLE]
    turned: dict[int, int] = {}
    for build, unpack in pairwise(real):
        same = build.arg == unpack.arg and unpack.opname == "UNPACK_SEQUENCE"
        if same and build.opname in {"BUILD_LIST", "BUILD_TUPLE"}:
            turned |= {build.offset: 1, unpack.offset: unpack.arg or 0}
    return turned


def _store(stack: _Stack, instruction: dis.Instruction) -> Stored | None:
    """What the instruction stores, if that is ours; it is taken off."""
    if instruction.opname == "STORE_ATTR":
        stack.pop()  # whose attribute it is
        return ("attribute", str(instruction.argval)) if stack.pop() else None
    for name in _variables(instruction):
        if stack.pop():
            return ("variable", name)
    if instruction.opname == "STORE_FAST_LOAD_FAST":
        stack.replace(0, 1)
    return None


def _variables(instruction: dis.Instruction) -> Iterator[str]:
    """The names that are given, that of the topmost value first."""
    if instruction.opname == "STORE_FAST_STORE_FAST":
        yield from map(str, instruction.argval)
    elif instruction.opname == "STORE_FAST_LOAD_FAST":
        yield str(instruction.argval[0])
    else:
        yield str(instruction.argval)
