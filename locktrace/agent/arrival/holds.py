"""What a thread certainly holds: the managers of the `with` blocks that its frames are in."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from types import BuiltinMethodType, FrameType, FunctionType, GeneratorType, MethodType
from typing import Any, NamedTuple

from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.libraries import Libraries, Taken
from locktrace.agent.arrival.slots import Slots
from locktrace.agent.arrival.stack import Types, managers, waiting_generators
from locktrace.agent.stacks import OWN_FOLDER

MOST_CALLBACKS = 64  # of an ExitStack
MOST_NESTED = 4  # generators within generators
GENERATED: Types = (contextlib._GeneratorContextManager,)
_STACKS: Types = (contextlib.ExitStack, contextlib.AsyncExitStack)
_RELEASES = frozenset({"release", "release_lock", "__exit__"})


class Held(NamedTuple):
    """`subject` is held by what happens in `frame`, since its instruction at offset `site`.

    `alone`: that is the frame of a generator that is suspended.
    """

    subject: object
    frame: FrameType
    lasti: int
    site: int
    alone: bool = False
    shared: bool = False


def frames(innermost: FrameType) -> Iterator[FrameType]:
    """A thread's frames, ours left out, from the innermost outwards."""
    frame: FrameType | None = innermost
    while frame is not None:
        if not frame.f_code.co_filename.startswith(OWN_FOLDER):
            yield frame
        frame = frame.f_back


def held(
    innermost: FrameType, slots: Slots, compounds: Types, libraries: Libraries
) -> Iterator[Held]:
    """Locks, and compounds of the types given, that a thread is sure to hold; innermost first."""
    types = kinds.LOCKS + kinds.process_managers() + compounds + libraries.managers
    types += GENERATED + _STACKS
    for frame in frames(innermost):
        yield from _held_in(frame, slots, types, libraries)
        for generator in waiting_generators(frame, slots):
            inner = generator.gi_frame
            if inner is not None and not generator.gi_running:
                for one in _held_in(inner, slots, types, libraries):
                    yield one._replace(alone=True)


def _held_in(frame: FrameType, slots: Slots, types: Types, libraries: Libraries) -> Iterator[Held]:
    lasti = frame.f_lasti
    for manager in managers(frame, slots, types):
        for subject, shared in _behind(manager.subject, slots, types, libraries, MOST_NESTED):
            yield Held(subject, frame, lasti, manager.site, shared=shared)


def _behind(
    manager: Any, slots: Slots, types: Types, libraries: Libraries, depth: int
) -> Iterator[Taken]:
    """The locks that a manager stands for: itself, or what its generator or its stack holds."""
    if type(manager) in _STACKS:
        for subject in _entered(manager):
            if isinstance(subject, types):
                yield from _behind(subject, slots, types, libraries, depth)
    elif type(manager) in GENERATED:
        frame = generator_frame(manager)
        if frame is not None and depth:
            yield from libraries.held_by(frame, slots)
            for inner in managers(frame, slots, types):
                yield from _behind(inner.subject, slots, types, libraries, depth - 1)
    elif type(manager) in libraries.managers:
        yield from libraries.behind(manager)
    else:
        subject = kinds.semaphore_behind(manager)
        if subject is not None:
            yield Taken(subject, False)


def generator_frame(manager: Any) -> FrameType | None:
    """The frame of the generator behind a manager of contextlib's, while it is suspended."""
    generator = manager.__dict__.get("gen")
    if type(generator) is not GeneratorType or generator.gi_running:
        return None
    return generator.gi_frame


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
