"""The ledger at one instant, and what every thread did then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from locktrace.kernel_view import KernelView
from locktrace.model.history import NO_HISTORY, History
from locktrace.model.ledger import Actor, Hold, Lock, Process, Wait
from locktrace.model.site import Stack


class Gap(StrEnum):
    """What a source cannot know; the value says it to a person."""

    NAMES = "names of locks"
    HOLDERS = "who holds a lock"
    UNCONTENDED = "acquires that need not wait"
    MODES = "whether a lock is asked for to read or to write"
    LABELS = "what a thread works on"


@dataclass(frozen=True, slots=True)
class ThreadStack:
    """Where a thread is now; ``doing`` says what that means where it is known (``sleeps``).

    ``native`` are the frames in C that the innermost Python function has called, innermost
    first, where py-spy was asked for them; their ``file`` is the library.
    """

    native_id: int | None
    name: str
    frames: Stack
    owns_gil: bool = False
    active: bool = False
    doing: str = ""
    native: Stack = ()


@dataclass(frozen=True, slots=True)
class Present:
    """What every thread did at ``taken_ns``, seen beside the ledger.

    ``handlers`` are the program's functions that handle signals of the operating system, as
    (file, function); None where that is not known. ``stopped``: the whole process is, by a
    signal or a debugger. ``strangers``: it has threads that Python knows nothing of. ``asleep``
    are the OS ids of threads whose event loop waits, with no callback, timer, file or signal
    that could wake it.
    """

    taken_ns: int
    threads: tuple[ThreadStack, ...] = ()
    handlers: frozenset[tuple[str, str]] | None = None
    stopped: bool = False
    strangers: bool = False
    asleep: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ledger at one instant, ``taken_ns``; ``taken_at`` is the same as wall time (s).

    ``dropped`` counts events that the target had no room to send; holds, waits and totals
    are right all the same. ``faults`` counts failures inside the agent, which it swallowed.
    ``heard_ns`` is when the target last gave word; ``finished`` if that was its goodbye.
    ``gaps`` are what the source cannot know: empty tables say nothing of it. ``kernel`` is
    what the kernel saw, if it was asked. ``others`` are the processes besides the first, where
    it is of several; ``family`` if all are among them that may have a hand in their locks.
    """

    process: Process
    taken_ns: int
    taken_at: float
    locks: Mapping[int, Lock] = field(default_factory=dict)
    actors: Mapping[int, Actor] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    waits: tuple[Wait, ...] = ()
    dropped: int = 0
    faults: int = 0
    heard_ns: int = 0
    finished: bool = False
    history: History = NO_HISTORY
    present: Present | None = None
    gaps: frozenset[Gap] = frozenset()
    kernel: KernelView | None = None
    others: tuple[Process, ...] = ()
    family: bool = False

    def age(self, since_ns: int) -> float:
        """Seconds from ``since_ns`` to this snapshot, never negative."""
        return max(0, self.taken_ns - since_ns) / 1e9
