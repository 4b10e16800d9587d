"""How many values are on a frame's stack before each instruction of its code.

By abstract interpretation of the bytecode, as the compiler itself works out `co_stacksize`
(`stackdepth` in CPython's `Python/compile.c` and `flowgraph.c`). The code is read through
`co_code`, where specialised and instrumented instructions stand as they were compiled.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

CACHE = 0
_EXTENDED_ARG = dis.EXTENDED_ARG
_JUMPS = frozenset(dis.hasjrel)
_BACKWARD = frozenset(op for name, op in dis.opmap.items() if "BACKWARD" in name)
_ENDS = frozenset(
    dis.opmap[name]
    for name in ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "JUMP_FORWARD",
                 "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
    if name in dis.opmap
)  # fmt: skip
_CALLS = frozenset({"CALL", "CALL_KW", "CALL_FUNCTION_EX"})
_RETURN_GENERATOR = dis.opmap["RETURN_GENERATOR"]
_WITH_ARGUMENT: frozenset[int] = frozenset(getattr(dis, "hasarg", range(dis.HAVE_ARGUMENT, 256)))


class Instruction(NamedTuple):
    """`start` is where its prefixes begin, `offset` where it is, `end` what follows it."""

    start: int
    offset: int
    end: int
    name: str
    op: int
    arg: int


class Handler(NamedTuple):
    """A row of the exception table: `target` handles what is raised in `start` to `end`."""

    start: int
    end: int
    target: int
    depth: int
    lasti: bool


class Depths:
    """The instructions of a code object, by order and by offset, with the depth before each.

    A depth is -1 where the instruction is never reached, and everywhere if the bytecode is
    not what a compiler makes: two ways to an instruction must agree.
    """

    def __init__(self, code: CodeType) -> None:
        self.instructions = _unpack(code.co_code)
        self.handlers = [
            Handler(row.start, row.end, row.target, row.depth, row.lasti)
            for row in dis._parse_exception_table(code)  # type: ignore[attr-defined]
        ]
        self._order = {
            offset: order
            for order, instruction in enumerate(self.instructions)
            for offset in range(instruction.start, instruction.end, 2)
        }
        self._depth = [-1] * len(self.instructions)
        if not self._follow(code.co_stacksize):
            self._depth = [-1] * len(self.instructions)

    def order(self, offset: int) -> int:
        """Which instruction is at `offset`, its prefixes and caches included; -1: none."""
        return self._order.get(offset, -1)

    def before(self, order: int) -> int:
        """The depth before an instruction; -1: not known."""
        return self._depth[order] if 0 <= order < len(self._depth) else -1

    def call_slots(self, order: int) -> tuple[int, int]:
        """Of the call that instruction `order` makes: its first slot above the variables, and
        how many there are, callable and arguments. (-1, 0) for what is no call."""
        instruction = self.instructions[order]
        previous = self.instructions[order - 1] if order else instruction
        if "PRECALL" in (instruction.name, previous.name):  # 3.11 calls in two instructions
            order -= previous.name == "PRECALL"
            size = instruction.arg + 2
        elif instruction.name in _CALLS:
            size = 1 - dis.stack_effect(instruction.op, instruction.arg)
        else:
            return -1, 0
        base = self.before(order) - size
        return (base, size) if base >= 0 else (-1, 0)

    def successors(self, order: int) -> Iterator[tuple[int, bool]]:
        """The instructions that may come next, and whether the value tested was false there."""
        instruction = self.instructions[order]
        target = _target(instruction)
        if target is not None and self.order(target) >= 0:
            yield self.order(target), instruction.name.endswith("IF_FALSE")
        if instruction.op not in _ENDS and order + 1 < len(self.instructions):
            yield order + 1, instruction.name.endswith("IF_TRUE")

    def handlers_at(self, order: int) -> Iterator[int]:
        """Where an exception raised by that instruction is handled, if it is."""
        offset = self.instructions[order].offset
        for row in self.handlers:
            if row.start <= offset < row.end:
                yield self.order(row.target)
                return

    def handlers_of(self, offset: int) -> list[Handler]:
        """Those that an exception raised at `offset` would meet, innermost first."""
        met: list[Handler] = []
        while len(met) < 64:
            covering = [row for row in self.handlers if row.start <= offset < row.end]
            if not covering or covering[0] in met:
                break
            met.append(covering[0])
            offset = covering[0].target
        return met

    def _follow(self, most: int) -> bool:
        ways = [(0, 0)]
        ways += [(self.order(row.target), row.depth + row.lasti + 1) for row in self.handlers]
        while ways:
            order, depth = ways.pop()
            while 0 <= order < len(self.instructions):
                if self._depth[order] >= 0:
                    if self._depth[order] != depth:
                        return False
                    break
                if not 0 <= depth <= most:
                    return False
                self._depth[order] = depth
                instruction = self.instructions[order]
                target = _target(instruction)
                if target is not None:
                    ways.append((self.order(target), depth + _effect(instruction, jump=True)))
                if instruction.op in _ENDS:
                    break
                depth += _effect(instruction, jump=False)
                order += 1
        return True


@functools.lru_cache(maxsize=2048)
def depths(code: CodeType) -> Depths:
    """The depths in `code`, kept for those asked for lately."""
    return Depths(code)


def _unpack(raw: bytes) -> list[Instruction]:
    instructions = []
    start = arg = at = 0
    while at < len(raw):
        op = raw[at]
        arg = arg << 8 | raw[at + 1]
        end = at + 2
        if op != _EXTENDED_ARG:
            while end < len(raw) and raw[end] == CACHE:
                end += 2
            instructions.append(Instruction(start, at, end, dis.opname[op], op, arg))
            start, arg = end, 0
        at = end
    return instructions


def _target(instruction: Instruction) -> int | None:
    if instruction.op not in _JUMPS:
        return None
    way = -2 * instruction.arg if instruction.op in _BACKWARD else 2 * instruction.arg
    return instruction.end + way


def _effect(instruction: Instruction, *, jump: bool) -> int:
    if instruction.op == _RETURN_GENERATOR:  # what it pushes is popped by the next instruction
        return 1
    arg = instruction.arg if instruction.op in _WITH_ARGUMENT else None
    return dis.stack_effect(instruction.op, arg, jump=jump)
