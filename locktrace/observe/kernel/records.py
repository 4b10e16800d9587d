"""What `futex.bt` tells, as records: of all the processes that are followed, and of one.

Times are nanoseconds, CLOCK_MONOTONIC where they are instants. A key is a futex's address, or 0
for the GIL, or 1 while the address is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Pid = int
"""A process as bpftrace counts; the threads below are, too."""


@dataclass(frozen=True, slots=True)
class Began:
    """bpftrace is at work; `pid` is its own, as it counts."""

    at_ns: int
    pid: Pid


@dataclass(frozen=True, slots=True)
class Follows:
    """The process is followed since then, and the probes are in place."""

    pid: Pid
    since_ns: int


@dataclass(frozen=True, slots=True)
class Waited:
    """One long wait that is over; `waker` 0: nobody woke it, or it is not known who.

    `stopped_ns` is when it was last interrupted, to be taken up again; 0: never.
    """

    pid: Pid
    thread: int
    key: int
    since_ns: int
    until_ns: int
    waker: int
    cpu: int
    stopped_ns: int = 0


@dataclass(frozen=True, slots=True)
class Regained:
    """After a long wait the thread has waited for the GIL as well."""

    pid: Pid
    thread: int
    since_ns: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A thread has ended."""

    pid: Pid
    thread: int


@dataclass(frozen=True, slots=True)
class Tick:
    """All that was printed before is as of now; a table that was not printed is empty."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A thread in a futex; `interrupted_ns` not 0: a signal got it out, it may come back.

    `stopped_ns` is when it was last interrupted and came back.
    """

    since_ns: int
    key: int
    interrupted_ns: int
    stopped_ns: int = 0


Waits = Mapping[int, Pending]
"""thread -> what it is in"""
Totals = Mapping[tuple[int, int], tuple[int, int]]
"""(thread, key) -> (waits, ns)"""
Buckets = Mapping[int, tuple[tuple[int, int], ...]]
"""key -> ((upper bound in microseconds, waits), …)"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Every thread that is in a futex."""

    processes: Mapping[Pid, Waits]


@dataclass(frozen=True, slots=True)
class Spent:
    """What threads have waited, since their process is followed; `rows` of the kernel's table."""

    processes: Mapping[Pid, Totals]
    rows: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long waits have taken, since their process is followed."""

    processes: Mapping[Pid, Buckets]


@dataclass(frozen=True, slots=True)
class Untold:
    """Long waits that were too many to be told one by one, since their process is followed."""

    processes: Mapping[Pid, int]


@dataclass(frozen=True, slots=True)
class Lost:
    """Messages of the kernel that bpftrace had no room for, since the last of these."""

    messages: int


Record = (
    Began | Follows | Waited | Regained | Ended | Tick | Waiting | Spent | Lengths | Untold | Lost
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one process has come to, as of a tick; ``rows``: as of all processes in `Spent`."""

    at_ns: int
    waits: Waits
    spent: Totals
    lengths: Buckets
    untold: int
    rows: int


OfOne = Waited | Regained | Ended | Lost | Tally
"""What a process that is followed is told of itself."""
