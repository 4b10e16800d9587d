"""Interned call stacks, and which frame of one must answer for a release."""

from __future__ import annotations

import os
from sys import _getframe
from types import CodeType, FrameType

from locktrace.agent.ledger import Stack

DEPTH = 4  # frames of a hold or wait
CREATION_DEPTH = 6  # frames of a lock's creation: constructors of others stand in between
OWN_DEPTH = 3  # the most frames of ours that stand between two of the program's
MAX_STACKS = 32_768  # code made on the fly must not make the table grow for ever
SHORT_DEPTH = 2  # frames of the last stacks: of places that are new something is still told
OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
SUSPENDABLE = 0x20 | 0x80 | 0x200  # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR
WRAPPER_NAMES = frozenset(
    {"__aenter__", "__enter__", "enter_async_context", "enter_context", "wait", "wait_for"}
)  # a Condition's wait returns with the lock taken back
WRAPPER_PREFIXES = ("acquire", "_acquire", "lock", "_lock", "r_lock", "w_lock", "read_lock",
                    "write_lock")  # fmt: skip


def is_wrapper(code: CodeType) -> bool:
    """Whether a function with this code returns holding by design."""
    name = code.co_name
    return name in WRAPPER_NAMES or name.startswith(WRAPPER_PREFIXES)


def answerable(codes: list[CodeType]) -> tuple[int, bool]:
    """(index of the frame answerable for a release, whether its end proves a leak).

    Wrappers hand the duty to their caller, coroutines such as ``__aenter__`` too, as does a
    generator that contextlib drives. Any other generator or coroutine may be suspended
    holding, so its absence proves nothing.
    """
    index = 0
    while index < len(codes):
        code = codes[index]
        if not is_wrapper(code):
            if not code.co_flags & SUSPENDABLE:
                return index, True
            following = codes[index + 1] if index + 1 < len(codes) else None
            if following is None or not is_wrapper(following):
                return index, False
        index += 1
    return max(0, len(codes) - 1), False


class StackTable:
    """Stacks by the identity of their frames; at most MAX_STACKS, then everything is `unknown`.

    The last sixteenth of them are short.
    """

    def __init__(self) -> None:
        self.unknown = Stack(0, (), 0, judgeable=False)
        self.by_id: list[Stack] = [self.unknown]
        self._deeper = Stack(-1, (), 0, judgeable=False)
        self._by_key: dict[tuple[int, ...], Stack] = {}

    def of(self, frame: FrameType, depth: int = DEPTH) -> Stack:
        """The stack of at most `depth` frames from `frame` outwards."""
        # A key of another depth starts with it: it must not meet one of the usual depth.
        key = _four(frame) if depth == DEPTH else (depth, *_all(frame, depth))
        known = self._by_key.get(key)
        if known is None:
            return self._intern(key, frame, depth)
        return known if known is not self._deeper else self.of(frame, DEPTH + OWN_DEPTH)

    def _intern(self, key: tuple[int, ...], innermost: FrameType, depth: int) -> Stack:
        """A new stack. Where frames of ours take up room in the key, a longer key is to be used."""
        if len(self.by_id) >= MAX_STACKS:
            return self.unknown
        if depth > SHORT_DEPTH and len(self.by_id) >= MAX_STACKS * 15 // 16:
            return self.of(innermost, SHORT_DEPTH)
        frames: list[tuple[CodeType, int]] = []
        steps: list[int] = []
        frame: FrameType | None = innermost
        for step in range(len(key) // 2):
            assert frame is not None
            if not frame.f_code.co_filename.startswith(OWN_FOLDER):
                frames.append((frame.f_code, frame.f_lasti))
                steps.append(step)
            frame = frame.f_back
        if depth == DEPTH and len(steps) < len(key) // 2:
            self._by_key[key] = self._deeper
            return self.of(innermost, DEPTH + OWN_DEPTH)
        return self._by_key.setdefault(key, self._add(frames, steps))

    def _add(self, frames: list[tuple[CodeType, int]], steps: list[int]) -> Stack:
        frames = frames[: max(DEPTH, CREATION_DEPTH)]
        index, judgeable = answerable([code for code, _ in frames])
        stack = Stack(len(self.by_id), tuple(frames), index, judgeable)
        stack.site_steps = steps[index] if steps else 0
        self.by_id.append(stack)
        # A signal handler may have interned another stack in between and taken this id.
        stack.id = self.by_id.index(stack, stack.id)
        return stack


# A code object hashes by value, slowly; its address is as good, as the table keeps it alive.


def _four(a: FrameType) -> tuple[int, ...]:
    """`_all(a, 4)`, unrolled: a third of the time, and most of what an acquire costs."""
    b = a.f_back
    c = b.f_back if b is not None else None
    d = c.f_back if c is not None else None
    if b is None or c is None or d is None:
        return _all(a, DEPTH)
    return (
        id(a.f_code), a.f_lasti, id(b.f_code), b.f_lasti,
        id(c.f_code), c.f_lasti, id(d.f_code), d.f_lasti,
    )  # fmt: skip


def _all(innermost: FrameType, depth: int) -> tuple[int, ...]:
    key: list[int] = []
    frame: FrameType | None = innermost
    while frame is not None and len(key) < 2 * depth:
        key += (id(frame.f_code), frame.f_lasti)
        frame = frame.f_back
    return tuple(key)


def caller() -> FrameType | None:
    """The frame that has called the function that calls this.

    None: code in C has, of a thread that runs no other Python code.
    """
    try:
        return _getframe(2)
    except ValueError:
        return None


def frame_out(frame: FrameType, steps: int) -> FrameType:
    """The frame `steps` callers outwards, or the outermost."""
    while steps and frame.f_back is not None:
        frame = frame.f_back
        steps -= 1
    return frame
