"""What has become of a process that was there a moment ago."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass

from locktrace.wording import plain

DYING_S = 1.0
_STARTED, _MEMORY, _STACK = 19, 20, 25  # fields of /proc/PID/stat, counted behind the command


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One program in one process.

    `started` differs for another process with the same pid, `stack` (where the main thread's
    begins, chosen at random, and 0 in the midst of an exec) for another program in the same one.
    """

    pid: int
    started: int
    stack: int


def incarnation(pid: int) -> Incarnation | None:
    """What runs as process `pid` now; None when it has ended, collected or not."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
        # One whose memory is gone already is about to be a zombie.
        if fields[0] not in {b"Z", b"X"} and fields[_MEMORY] != b"0":
            return Incarnation(pid, int(fields[_STARTED]), int(fields[_STACK]))
    return None


def fate(before: Incarnation | None) -> str:
    """`has ended …`, `has become another program …`, or nothing while it is as it was `before`."""
    now = incarnation(before.pid) if before is not None else None
    if before is None or now is None or now.started != before.started:
        return "has ended"
    if now.stack == before.stack:
        return ""
    with contextlib.suppress(OSError):
        return f"has become another program (exec): {plain(os.readlink(f'/proc/{now.pid}/exe'))}"
    return "has become another program (exec)"


def await_fate(before: Incarnation | None) -> str:
    """As `fate`, within DYING_S: the memory and the sockets of a process go before it does."""
    deadline = time.monotonic() + DYING_S
    while not (become := fate(before)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return become
