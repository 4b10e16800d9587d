"""What /proc says of a process's threads: their names, priorities, and the futexes they are in."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from locktrace.observe.kernel.records import Pending

_CALLS = {"x86_64": (202, 219), "aarch64": (98, 128)}  # futex, restart_syscall
_WAITS = frozenset({0, 6, 9, 11, 13})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thread runs: `priority` as in `/proc/PID/stat`, 20 for the usual one."""

    priority: int
    cpu: int


class Threads:
    """The threads of one process, by the ids that we see, which need not be its own.

    A process in a pid namespace below ours has other ids for its threads than we have:
    `inside` translates.
    """

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._inside: dict[int, int] = {}

    def inside(self, thread: int) -> int:
        """The thread's id as it knows it itself."""
        known = self._inside.get(thread)
        if known is None:
            ids = self._field(thread, "NSpid:").split()
            known = self._inside[thread] = int(ids[-1]) if ids else thread
        return known

    @property
    def translated(self) -> bool:
        """Whether the process has other ids for its threads than we."""
        main = int(self._tasks.parent.name)
        return self.inside(main) != main

    def name_inside(self, inside: int) -> str:
        """What the kernel calls the thread that has this id for itself."""
        ours = next((thread for thread, own in self._inside.items() if own == inside), inside)
        return self._read(ours, "comm").strip()

    def place(self, thread: int) -> Place | None:
        fields = self._read(thread, "stat").rpartition(")")[2].split()
        return Place(priority=int(fields[15]), cpu=int(fields[36])) if len(fields) > 36 else None

    def futex(self, thread: int) -> int:
        """The address of the futex that it waits in now, 0 if it does not."""
        fields = self._read(thread, "syscall").split()
        if len(fields) < 3 or not fields[0].isdigit():
            return 0
        # A call that goes on after an interruption keeps its arguments.
        in_futex = int(fields[0]) in _CALLS.get(platform.machine(), ())
        return int(fields[1], 16) if in_futex and int(fields[2], 16) & 127 in _WAITS else 0

    def waits(self) -> dict[int, Pending]:
        """Every thread that is in a futex, since it last ran, as far as that is told."""
        clocks: dict[int, int | None] = {}
        found = {}
        for thread in self.all():
            ran_ns, place = self._ran_ns(thread), self.place(thread)
            if not (futex := self.futex(thread)):
                continue
            since = now = time.monotonic_ns()
            if ran_ns and place is not None:
                if place.cpu not in clocks:
                    clocks[place.cpu] = _scheduler_offset_ns(place.cpu)
                offset = clocks[place.cpu]
                since = ran_ns + offset if offset is not None else now
            found[thread] = Pending(max(1, min(since, now)), futex, 0)
        return found

    def all(self) -> Iterator[int]:
        with contextlib.suppress(OSError):
            yield from [int(task.name) for task in self._tasks.iterdir()]

    def _ran_ns(self, thread: int) -> int:
        """When it last ran, by the scheduler's own clock; 0 if that is not told."""
        return _exec_start_ns(self._read(thread, "sched"))

    def _field(self, thread: int, name: str) -> str:
        for line in self._read(thread, "status").splitlines():
            if line.startswith(name):
                return line.removeprefix(name)
        return ""

    def _read(self, thread: int, name: str) -> str:
        try:
            return (self._tasks / str(thread) / name).read_text()
        except OSError:
            return ""


def _exec_start_ns(text: str) -> int:
    for line in text.splitlines():
        if line.startswith("se.exec_start"):
            return int(float(line.rpartition(":")[2]) * 1e6)
    return 0


def _scheduler_offset_ns(cpu: int) -> int | None:
    """CLOCK_MONOTONIC less the scheduler's clock on `cpu`, None if we may not run there.

    That clock stands still in interrupts and while the hypervisor has the CPU, so each CPU has
    one of its own, and what it says of the past is too late rather than too early.
    """
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {cpu})
        text = Path("/proc/thread-self/sched").read_text()
        return time.monotonic_ns() - _exec_start_ns(text)
    except OSError:
        return None
    finally:
        os.sched_setaffinity(0, before)
