"""The records that every part of locktrace speaks in, and nothing else.

Times are nanoseconds of the target's ``CLOCK_MONOTONIC``, which on Linux is one clock
for all processes of a machine, so an observer may subtract its own reading from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from locktrace.durations import NO_DURATIONS, Durations
from locktrace.kernel_view import FutexKind, KernelView


class Mode(StrEnum):
    """How a lock is held or asked for."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"


class Severity(StrEnum):
    """How bad a finding is; ``rank`` orders them, worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Certainty(StrEnum):
    """How sure a finding is of the holder it names, in the words of the hung-task report."""

    HELD_BY = "held by"
    LIKELY = "likely held by"
    LAST = "last held by"
    UNKNOWN = "holder not found"


SIGNAL_KINDS = (
    frozenset({"Barrier", "Condition", "Event", "Queue", "SimpleQueue", FutexKind.SIGNAL.value})
    | {"asyncio.Barrier", "asyncio.Condition", "asyncio.Event", "asyncio.Queue"}
    | {"multiprocessing.Condition", "multiprocessing.Event", "multiprocessing.Queue"}
)
"""Kinds that are waited on until somebody tells; nobody holds them, so no one is to blame."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the source; ``function`` is the qualified name."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


Stack = tuple[Site, ...]
"""Innermost frame first, the tracer's own frames left out; may be cut at a depth."""


def _at(stack: Stack, index: int) -> Site | None:
    """The frame at `index`, or the outermost where the stack was cut before it."""
    return stack[min(index, len(stack) - 1)] if stack else None


@dataclass(frozen=True, slots=True)
class Process:
    """The target. ``created`` is psutil's start time (s since the epoch), for pids are reused;
    0 if it had ended before anybody could look. ``forked_ns`` is when it was forked from a
    process that was traced already, else 0.
    """

    pid: int
    created: float
    python: str
    core: str
    command: tuple[str, ...]
    agent: str = ""
    forked_ns: int = 0


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
        return _at(self.stack, self.site_index)


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
        return _at(self.stack, self.site_index)


class Gap(StrEnum):
    """What a source cannot know; the value says it to a person."""

    NAMES = "names of locks"
    HOLDERS = "who holds a lock"
    UNCONTENDED = "acquires that need not wait"
    MODES = "whether a lock is asked for to read or to write"
    LABELS = "what a thread works on"


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
    history: History = field(default_factory=lambda: NO_HISTORY)
    present: Present | None = None
    gaps: frozenset[Gap] = frozenset()
    kernel: KernelView | None = None
    others: tuple[Process, ...] = ()
    family: bool = False

    def age(self, since_ns: int) -> float:
        """Seconds from ``since_ns`` to this snapshot, never negative."""
        return max(0, self.taken_ns - since_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Nesting:
    """``inner`` was taken while its actor held ``outer``: both as they were at the first time.

    ``locks`` are the pairs of locks that were so taken and ``actors`` who did it, the first
    few of each; ``gates`` were held exclusively by the actor every time. The classes number
    what one line of the program makes; of two locks of one class each is a class by itself.
    """

    outer_class: int
    inner_class: int
    outer: Hold
    inner: Hold
    locks: frozenset[tuple[int, int]]
    actors: frozenset[int]
    gates: frozenset[int]
    count: int


@dataclass(frozen=True, slots=True)
class Rereading:
    """An actor took a read lock again that it held for reading: both as they were at first."""

    outer: Hold
    inner: Hold
    count: int


@dataclass(frozen=True, slots=True)
class Blocking:
    """``wait`` was waited by the actor of ``hold`` while another wanted the held lock.

    ``longest_ns`` is how long both lasted together at most, in ``count`` times.
    """

    hold: Hold
    wait: Wait
    longest_ns: int
    count: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a lock has been through in the last ``window_ns``, from its totals."""

    window_ns: int
    acquisitions: int
    contended: int
    wait_ns: int
    hold_ns: int


@dataclass(frozen=True, slots=True)
class SiteTotal:
    """How often something came from ``site``, and how long it lasted in all (ns)."""

    site: Site | None
    times: int
    total_ns: int


@dataclass(frozen=True, slots=True)
class Contention:
    """Where a lock was waited for, and where it was held meanwhile: the few sites with the most
    time. Of a hold what counts is the part for which others waited.
    """

    waited: tuple[SiteTotal, ...] = ()
    held: tuple[SiteTotal, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What the events since ``since_ns`` have shown, which no single snapshot could.

    ``lost`` counts events that were dropped meanwhile: what they would have shown is not
    here, but what is here is true. ``full``: there was more than is kept. ``overtaken`` has
    how many readers were let in past a waiting writer, by the id of his wait; ``lenient``
    the locks that let them. ``traffic`` and ``contention`` are by lock.
    ``names`` are of locks that are spoken of here and are gone.
    """

    since_ns: int = 0
    lost: int = 0
    full: bool = False
    nestings: tuple[Nesting, ...] = ()
    rereadings: tuple[Rereading, ...] = ()
    blockings: tuple[Blocking, ...] = ()
    overtaken: Mapping[int, int] = field(default_factory=dict)
    lenient: frozenset[int] = frozenset()
    traffic: Mapping[int, Traffic] = field(default_factory=dict)
    contention: Mapping[int, Contention] = field(default_factory=dict)
    names: Mapping[int, Lock] = field(default_factory=dict)


NO_HISTORY: Final[History] = History()


@dataclass(frozen=True, slots=True)
class RoleSite:
    """A site and its part in a finding: holder, waiter, writer, reader, creator."""

    site: Site
    role: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis: what a detector saw, and the sentence a person reads.

    ``evidence`` holds the ids of the holds and waits it rests on: the same ids in a second
    look mean that nothing has moved. ``key`` tells whether two findings are the same one.
    ``past`` are the acquires it tells of that may be over.
    """

    kind: str
    severity: Severity
    certainty: Certainty
    message: str
    locks: tuple[int, ...] = ()
    sites: tuple[RoleSite, ...] = ()
    actors: tuple[int, ...] = ()
    since_ns: int = 0
    evidence: frozenset[int] = frozenset()
    count: int = 1
    past: tuple[Hold, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        return (self.kind, self.locks, self.sites[0].site if self.sites else None)


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
class StallSnapshot:
    """A snapshot with its findings and each thread's present stack.

    ``stacks_from`` is ``py-spy``, ``agent`` or ``none``; ``stacks_note`` says in a sentence why
    it is not py-spy, when it is not. ``id`` names it, in the store too if it is ``saved``.
    ``thresholds`` (s), as ``--threshold`` names them, are those that the findings were made with.
    ``suppressed`` counts the findings that the project does not want told.
    """

    id: str
    snapshot: Snapshot
    findings: tuple[Finding, ...]
    threads: tuple[ThreadStack, ...] = ()
    stacks_from: str = "none"
    stacks_note: str = ""
    saved: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    suppressed: int = 0
