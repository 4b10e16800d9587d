"""What a traced process says of itself: its actors, its locks, who holds them and who waits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from locktrace.durations import NO_DURATIONS, Durations
from locktrace.kernel_view import FutexKind
from locktrace.model.site import Site, Stack, frame_at

SIGNAL_KINDS = (
    frozenset({"Barrier", "Condition", "Event", "Queue", "SimpleQueue", FutexKind.SIGNAL.value})
    | {"asyncio.Barrier", "asyncio.Condition", "asyncio.Event", "asyncio.Queue"}
    | {"multiprocessing.Condition", "multiprocessing.Event", "multiprocessing.Queue"}
)
"""Kinds that are waited on until somebody tells; nobody holds them, so no one is to blame."""


class Mode(StrEnum):
    """How a lock is held or asked for."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"


class Certainty(StrEnum):
    """How sure a finding is of the holder it names, in the words of the hung-task report."""

    HELD_BY = "held by"
    LIKELY = "likely held by"
    LAST = "last held by"
    UNKNOWN = "holder not found"


@dataclass(frozen=True, slots=True)
class Process:
    """The target. ``created`` is psutil's start time (s since the epoch), for pids are reused;
    0 if it had ended before anybody could look. ``forked_ns`` is when it was forked from a
    process that was traced already, else 0. ``core_note`` says why the C core does not serve in it,
    if nobody has asked for the other.
    """

    pid: int
    created: float
    python: str
    core: str
    command: tuple[str, ...]
    agent: str = ""
    forked_ns: int = 0
    core_note: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A thread or task. ``native_id`` is its OS thread id, which py-spy stacks are joined on.

    That of a task is the one of the thread that runs its event loop. ``task`` is the task that
    runs in this thread now, if it runs an event loop and is not idle. ``fate`` says how its
    process has ended, as ``that process …`` goes on, if it is one of several and has.
    """

    id: int
    name: str
    kind: str = "thread"
    native_id: int | None = None
    label: str = ""
    ended: bool = False
    task: int | None = None
    fate: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.label})" if self.label else self.name


@dataclass(frozen=True, slots=True)
class Lock:
    """One traced primitive with its running totals.

    ``parent`` is the compound primitive whose inner lock this is (a Condition's lock),
    ``foreign_releases`` counts releases by an actor that did not hold it: such a lock is
    handed over by design. ``rate`` is acquisitions per second, worked out by the observer.
    ``hold_times`` and ``wait_times`` say how long those lasted that are over.
    ``address`` is that of the interpreter's lock object, 0 if it is not known or not one.
    ``os_name`` is what the operating system knows it by, if processes share it, and ``os_id``
    what tells it from all others: locks of several processes with one ``os_id`` are one lock.
    ``acquire_sites`` are where the program's code takes it, the first few, if somebody waits
    for it and nobody is known to hold it.
    """

    id: int
    kind: str
    name: str
    created_at: Site | None = None
    parent: int | None = None
    acquisitions: int = 0
    contended: int = 0
    wait_ns: int = 0
    hold_ns: int = 0
    foreign_releases: int = 0
    unlisted_holds: int = 0
    rate: float = 0.0
    hold_times: Durations = NO_DURATIONS
    wait_times: Durations = NO_DURATIONS
    address: int = 0
    os_name: str = ""
    os_id: str = ""
    acquire_sites: tuple[Site, ...] = ()

    @property
    def contended_share(self) -> float:
        """Part of the acquisitions that had to wait, 0 to 1; those under way count too.

        To wait for a signal is what it is for, and no contention.
        """
        if self.kind in SIGNAL_KINDS:
            return 0.0
        return self.contended / max(self.acquisitions, self.contended, 1)


@dataclass(frozen=True, slots=True)
class Hold:
    """``lock`` held by ``actor`` since ``since_ns``.

    ``site`` is the frame answerable for the release: the acquire's own, or the caller of a
    wrapper that returns holding by design. ``returned``: that frame has ended and the hold
    is still here. ``label`` is what the actor worked on when it acquired.

    ``found``: it was there when the agent came, and has lasted for longer than since
    ``since_ns``; ``certainty`` says how sure the agent is that this actor has it.
    """

    id: int
    lock: int
    mode: Mode
    actor: int
    stack: Stack
    since_ns: int
    label: str = ""
    returned: bool = False
    site_index: int = 0
    found: bool = False
    certainty: Certainty = Certainty.HELD_BY

    @property
    def site(self) -> Site | None:
        return frame_at(self.stack, self.site_index)


@dataclass(frozen=True, slots=True)
class Wait:
    """``actor`` waits for ``lock`` since ``since_ns``; ``timed`` if it gives up by itself.

    ``site`` is the frame that wants it: past ``Condition.__enter__`` and ``Queue.get``.
    ``address`` is that of the lock object in which it really blocks, 0 if that is not known:
    whoever waits for a compound primitive blocks in a lock that is nobody else's business.
    ``found``: it was there when the agent came, and has lasted for longer than since ``since_ns``.
    """

    id: int
    lock: int
    mode: Mode
    actor: int
    stack: Stack
    since_ns: int
    label: str = ""
    timed: bool = False
    address: int = 0
    found: bool = False
    site_index: int = 0

    @property
    def site(self) -> Site | None:
        return frame_at(self.stack, self.site_index)
