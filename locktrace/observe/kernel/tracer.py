"""One bpftrace for all the processes that are followed, and what it says told to each."""

from __future__ import annotations

import ctypes
import os
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from locktrace.errors import KernelViewError
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.engine import START_S, Engine
from locktrace.observe.kernel.lines import LineError, parse
from locktrace.observe.kernel.records import (
    Began,
    Buckets,
    Ended,
    Follows,
    Lengths,
    Lost,
    OfOne,
    Pid,
    Record,
    Regained,
    Spent,
    Tally,
    Tick,
    Totals,
    Untold,
    Waited,
    Waiting,
    Waits,
)

THRESHOLD_NS = 5_000_000
MOST_TOLD = 1000  # single waits of a process in half a second
MOST_KEPT = 20_000  # records for a process that nobody asks about; older ones go
FOLLOW_S = 20.0
TURN_S = 0.05
_FUTEX = {"x86_64": 202, "aarch64": 98}
_NAMES = 127  # the operation, which there is not, by which futex.bt is told a process


class Following:
    """What is heard of one process, until it is taken."""

    def __init__(self, pid: Pid) -> None:
        self.pid = pid
        self.since_ns = 0
        self.heard: deque[OfOne] = deque(maxlen=MOST_KEPT)
        self.has_tally = False
        self.spent: Totals = {}
        self.lengths: Buckets = {}
        self.untold = 0

    def tell(self, record: OfOne) -> None:
        self.heard.append(record)
        self.has_tally = self.has_tally or isinstance(record, Tally)

    def take(self) -> list[OfOne]:
        heard = list(self.heard)
        self.heard.clear()
        self.has_tally = False
        return heard


class Tracer:
    """A running bpftrace, used from any thread; it ends when nobody is followed any more.

    The constructor takes some seconds, in which bpftrace compiles its program; `program` is a
    bpftrace that was checked already. KernelViewError or NotPermittedError where that cannot be,
    KernelViewError from all methods once it has died.
    """

    def __init__(
        self,
        threshold_ns: int = THRESHOLD_NS,
        program: str = "",
        start: Callable[[str, Sequence[int]], Engine] = Engine,
    ) -> None:
        self.program = program or preflight.check()
        self.threshold_ns = threshold_ns
        self._one_at_a_time = threading.RLock()
        self._followed: dict[Pid, Following] = {}
        self._began: Began | None = None
        self._waits: dict[Pid, Waits] = {}
        self._rows = 0
        self._failure = ""
        self._engine = start(self.program, (os.getpid(), threshold_ns, MOST_TOLD))
        try:
            self._await_begin()
        except BaseException:
            self._engine.close()
            raise

    @property
    def name(self) -> str:
        return Path(self.program).name

    @property
    def engine_pid(self) -> int:
        """The process that asks the kernel."""
        return self._engine.pid

    @property
    def crowd(self) -> int:
        """How many processes are followed."""
        return max(1, len(self._followed))

    def follow(self, pid: Pid, gil: tuple[int, int], parks: bool) -> Following:
        """Have the kernel tell of a process; returns when all that it does is seen."""
        following = Following(pid)
        with self._one_at_a_time:
            self._followed[pid] = following
        try:
            deadline = time.monotonic() + FOLLOW_S
            while not following.since_ns:
                if time.monotonic() > deadline:
                    raise KernelViewError(f"bpftrace did not turn to process {pid}")
                _name(pid, gil, parks)
                self.pump(TURN_S)
        except BaseException:
            self.leave(following)
            raise
        return following

    def leave(self, following: Following) -> None:
        """That process no more; with the last one bpftrace is ended."""
        with self._one_at_a_time:
            if self._followed.get(following.pid) is following:
                del self._followed[following.pid]
                _name(following.pid, (0, 0), parks=False)
            if not self._followed:
                self._engine.close()
                self._failure = self._failure or "bpftrace has been ended"

    def receive(self, following: Following, timeout: float) -> list[OfOne]:
        """What was heard of it, once there is a tally or `timeout` seconds have passed."""
        deadline = time.monotonic() + timeout
        while True:
            self.pump(max(0.0, deadline - time.monotonic()))
            if following.has_tally or time.monotonic() >= deadline:
                with self._one_at_a_time:
                    return following.take()

    def pump(self, timeout: float) -> None:
        """Take in what bpftrace has said, waiting at most `timeout` seconds for it."""
        with self._one_at_a_time:
            if self._failure:
                raise KernelViewError(self._failure)
            try:
                for line in self._engine.lines(timeout):
                    self._take_in(parse(line))
            except (KernelViewError, LineError) as error:
                self._failure = str(error)
                raise KernelViewError(self._failure) from None

    def _take_in(self, record: Record | None) -> None:
        match record:
            case Waited() | Regained() | Ended():
                if (following := self._followed.get(record.pid)) is not None:
                    following.tell(record)
            case Tick():
                self._tally(record.at_ns)
            case Follows():
                if (following := self._followed.get(record.pid)) is not None:
                    following.since_ns = following.since_ns or record.since_ns
            case Began():
                self._began = record
            case Lost():
                for following in self._followed.values():
                    following.tell(record)
            case _:
                self._note(record)

    def _note(self, record: Record | None) -> None:
        """Tables that are told as they are now, for the tallies."""
        match record:
            case Waiting():
                self._waits = dict(record.processes)
            case Spent():
                self._rows = record.rows
                for pid, following in self._followed.items():
                    following.spent = record.processes.get(pid, {})
            case Lengths():
                for pid, following in self._followed.items():
                    following.lengths = record.processes.get(pid, {})
            case Untold():
                for pid, following in self._followed.items():
                    following.untold = record.processes.get(pid, 0)

    def _tally(self, at_ns: int) -> None:
        for pid, it in self._followed.items():
            waits = self._waits.get(pid, {})
            it.tell(Tally(at_ns, waits, it.spent, it.lengths, it.untold, self._rows))
        self._waits = {}  # bpftrace prints no table that is empty

    def _await_begin(self) -> None:
        deadline = time.monotonic() + START_S
        while self._began is None:
            if time.monotonic() > deadline:
                raise KernelViewError(f"bpftrace did not begin within {START_S:.0f} s")
            self.pump(0.2)
        if self._began.pid != self._engine.pid:
            raise KernelViewError(
                "this bpftrace counts processes as the host does, and locktrace is in a pid "
                "namespace: run locktrace on the host, or use a newer bpftrace (0.27 will do)"
            )


_libc = ctypes.CDLL(None)


def _name(pid: Pid, gil: tuple[int, int], parks: bool) -> None:
    """Tell `futex.bt` of a process; the call itself fails, as it should."""
    first, end = map(ctypes.c_void_p, gil)
    _libc.syscall(_FUTEX[platform.machine()], first, _NAMES, pid, None, end, int(parks))
