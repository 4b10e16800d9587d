"""What a thread certainly holds: the managers of the `with` blocks that its frames are in."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from types import BuiltinMethodType, FrameType, FunctionType, GeneratorType, MethodType
from typing import Any, NamedTuple

from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.slots import Slots
from locktrace.agent.arrival.stack import Types, managers
from locktrace.agent.stacks import OWN_FOLDER

MOST_CALLBACKS = 64  # of an ExitStack
MOST_NESTED = 4  # context managers made of generators within such
_GENERATED: Types = (contextlib._GeneratorContextManager, contextlib._AsyncGeneratorContextManager)
_STACKS: Types = (contextlib.ExitStack, contextlib.AsyncExitStack)
_RELEASES = frozenset({"release", "release_lock", "__exit__"})


class Held(NamedTuple):
    """`subject` is held by what happens in `frame`, since its instruction at offset `site`."""

    subject: object
    frame: FrameType
    lasti: int
    site: int


def held(innermost: FrameType, slots: Slots, compounds: Types) -> Iterator[Held]:
    """Locks, and compounds of the types given, that a thread is sure to hold; innermost first."""
    types = kinds.LOCKS + compounds + _GENERATED + _STACKS
    frame: FrameType | None = innermost
    while frame is not None:
        lasti = frame.f_lasti
        if not frame.f_code.co_filename.startswith(OWN_FOLDER):
            for manager in managers(frame, slots, types):
                for subject in _behind(manager.subject, slots, types, MOST_NESTED):
                    yield Held(subject, frame, lasti, manager.site)
        frame = frame.f_back


def _behind(manager: Any, slots: Slots, types: Types, depth: int) -> Iterator[object]:
    """The locks that a manager stands for: itself, or what its generator or its stack holds."""
    if type(manager) in _STACKS:
        for subject in _entered(manager):
            if isinstance(subject, types):
                yield from _behind(subject, slots, types, depth)
    elif type(manager) in _GENERATED:
        generator = getattr(manager, "gen", None)
        frame = generator.gi_frame if type(generator) is GeneratorType else None
        if frame is not None and depth:
            for inner in managers(frame, slots, types):
                yield from _behind(inner.subject, slots, types, depth - 1)
    else:
        yield manager


def _entered(stack: Any) -> Iterator[object]:
    """What an ExitStack will exit, and the locks whose release it will call."""
    callbacks = stack.__dict__.get("_exit_callbacks")
    if type(callbacks) is not deque:
        return
    for _, callback in list(callbacks)[-MOST_CALLBACKS:]:
        exit: Any = callback
        if type(exit) is FunctionType:  # what `callback` puts around a function
            exit = exit.__dict__.get("__wrapped__")
        is_release = type(exit) is BuiltinMethodType and exit.__name__ in _RELEASES
        if is_release or type(exit) is MethodType:
            yield exit.__self__
