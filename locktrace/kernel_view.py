"""What the kernel saw of a process: records, as frozen as those of `locktrace.model`.

Locks and threads are named by the ids that the snapshot's tables have for them. Times are
nanoseconds, CLOCK_MONOTONIC where they are instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OWN_IDS = 1 << 32
"""Locks and threads that only the kernel knows have ids from here on; the agent's have 32 bits."""
OWN_WAITS = 1 << 47
"""Waits and disagreements of the kernel's have ids from here on; no agent counts so far."""
_OF_ONE = 1 << 48  # ids of one process are below that; of a family's others it is added to them


def is_own(id: int) -> bool:
    """Whether a lock or thread is one that only the kernel knows, whichever process it is of."""
    return id % _OF_ONE >= OWN_IDS


def is_own_wait(id: int) -> bool:
    """Whether a wait is one that only the kernel knows."""
    return id % _OF_ONE >= OWN_WAITS


class FutexKind(StrEnum):
    """What a futex that threads waited in belongs to; who waits for a SIGNAL waits to be told."""

    GIL = "GIL"
    LOCK = "lock"
    SIGNAL = "signal"
    NATIVE = "native mutex"
    UNKNOWN = "futex"


@dataclass(frozen=True, slots=True)
class Futex:
    """One address that threads waited at, with its totals since the kernel's view began.

    ``lengths`` are pairs: an upper bound in microseconds, and how many waits were shorter than
    it and not shorter than the one before. ``library`` and ``symbol`` are of the function
    that waits in native code, where a look by py-spy has found it. ``longest_ns`` is 0 if no
    wait was long enough to be told by itself; ``gil_after_ns`` is what threads had to wait for
    the GIL when such a wait was over.
    """

    lock: int
    address: int
    kind: FutexKind
    waits: int = 0
    off_cpu_ns: int = 0
    longest_ns: int = 0
    gil_after_ns: int = 0
    lengths: tuple[tuple[int, int], ...] = ()
    library: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class ThreadTotals:
    """Waits of one thread at one futex that are over."""

    thread: int
    lock: int
    waits: int
    off_cpu_ns: int


@dataclass(frozen=True, slots=True)
class FutexWait:
    """A thread that is in a futex now.

    ``at_least``: it was there before the kernel's view began, and may be for longer. ``cpu``
    is where it last ran; ``priority`` is the kernel's, 20 for the usual one, less is sooner,
    negative for real time; None where it could not be read.
    """

    thread: int
    lock: int
    address: int
    since_ns: int
    at_least: bool = False
    cpu: int | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class WakeUp:
    """``waker`` ended ``count`` long waits of ``woken`` for ``lock``."""

    lock: int
    waker: int
    woken: int
    count: int


@dataclass(frozen=True, slots=True)
class GilUse:
    """Who waits for the GIL, and who had it when py-spy looked.

    ``waiting`` is the share of the last seconds (0 to 1) that each thread has waited, the most
    first; ``holder`` had it in the last look of ``looks``, None: nobody; ``held`` counts looks.
    """

    waiting: tuple[tuple[int, float], ...] = ()
    holder: int | None = None
    held: tuple[tuple[int, int], ...] = ()
    looks: int = 0


class Dispute(StrEnum):
    """How the ledger and the kernel disagree."""

    UNLISTED = "a waiter that the agent does not know"
    UNSEEN = "a waiter that the kernel does not see"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A wait that only one of the two witnesses knows; ``id`` is new with each wait."""

    id: int
    dispute: Dispute
    thread: int
    lock: int
    since_ns: int


@dataclass(frozen=True, slots=True)
class KernelView:
    """What the kernel saw from ``since_ns`` to the snapshot.

    ``confirmed`` are the ids of the agent's waits that the kernel sees as well. ``untold``
    counts long waits that were too many to be told one by one, ``lost`` messages that
    found no room; totals have both. ``notes`` are sentences on what cannot be known here.
    """

    engine: str
    since_ns: int
    threshold_ns: int
    futexes: tuple[Futex, ...] = ()
    threads: tuple[ThreadTotals, ...] = ()
    waits: tuple[FutexWait, ...] = ()
    wakeups: tuple[WakeUp, ...] = ()
    gil: GilUse = GilUse()
    disagreements: tuple[Disagreement, ...] = ()
    confirmed: tuple[int, ...] = ()
    untold: int = 0
    lost: int = 0
    notes: tuple[str, ...] = ()

    def futex(self, lock: int) -> Futex | None:
        """The totals of a lock; None if nobody has waited for it in the kernel."""
        return next((futex for futex in self.futexes if futex.lock == lock), None)
