"""The testing process, observed from within: what it holds, what was found, what it does now."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import FrameType

import locktrace
from locktrace.agent.switch import AGENT
from locktrace.diagnose import Thresholds
from locktrace.errors import TargetLostError
from locktrace.launch.processes import connect
from locktrace.model import Finding, Hold, Site, Snapshot, ThreadStack
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session
from locktrace.snapshots.groups import is_leaked
from locktrace.suppression import Suppressions
from locktrace.view import View

PATIENCE_S = 10.0
LOOK_S = 0.3  # the agent looks for holds left behind every quarter of a second
PAUSE_S = 0.02
MOST_FRAMES = 64
_INSTALLED = re.compile(r"^<|/lib/python3\.\d+/")
OURS = f"{Path(__file__).resolve().parent.parent}{os.sep}"
_FOREIGN = frozenset({"pytest_timeout.py"})  # what stands on the main thread's stack in a time-out


@dataclass(frozen=True, slots=True)
class Beginning:
    """What there was before a test: holds that are none of its doing."""

    at_ns: int
    holds: frozenset[int]


class Witness:
    """A session on this very process; LocktraceError if its agent does not answer."""

    def __init__(
        self, thresholds: Thresholds | None = None, suppressions: Suppressions | None = None
    ) -> None:
        self.thresholds = thresholds or Thresholds()
        self.suppressions = suppressions or Suppressions()
        self._suppressed: set[tuple[object, ...]] = set()
        self._told: set[tuple[object, ...]] = set()
        self._told_orphans: set[int] = set()
        self._dropped = 0
        self.pid = os.getpid()
        self._session = self._open()

    def _open(self) -> Session:
        locktrace.install()
        source = AgentSource(connect(self.pid), self.pid)
        session = Session(
            source, thresholds=self.thresholds, snaps=False, suppressions=self.suppressions
        )
        session.catch_up(PATIENCE_S)  # from here on it hears what happens
        return session

    def __enter__(self) -> Witness:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def begin(self) -> Beginning:
        """Before a test; takes microseconds, as it reads the ledger where it is."""
        return Beginning(time.monotonic_ns(), held())

    def look(self) -> View:
        """All that has happened by now; TargetLostError, once, if the agent was taken out."""
        try:
            return self._session.catch_up(PATIENCE_S)
        except TargetLostError:
            self._session.close()
            self._session = self._open()
            raise

    def first_told(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those of `findings` that no test has been told of."""
        new = {f.key: f for f in findings if f.key not in self._told}
        self._told |= new.keys()
        return list(new.values())

    def sift(self, snapshot: Snapshot, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Those of `findings` that are to be told; the others are counted."""
        told, suppressed = self.suppressions.sift(snapshot, findings)
        self._suppressed |= {finding.key for finding in suppressed}
        return told

    @property
    def suppressed(self) -> int:
        """How many findings would have been told, but for the suppressions."""
        return len(self._suppressed)

    def unused_suppressions(self) -> dict[str, str]:
        """A sentence for each that nothing has needed, of files that have come up."""
        process = self._session.poll(0).snapshot.process
        return self.suppressions.unused(process, self._session.files)

    def orphans(self, snapshot: Snapshot, since_ns: int) -> list[Hold]:
        """Holds taken since then that lasted when their lock was destroyed, each told once.

        None where events were dropped: a release may have been among them.
        """
        whole, self._dropped = snapshot.dropped == self._dropped, snapshot.dropped
        new = [
            hold
            for hold in snapshot.history.orphans
            if hold.id not in self._told_orphans and hold.since_ns >= since_ns
        ]
        self._told_orphans.update(hold.id for hold in new)
        names = snapshot.history.names
        return [
            hold
            for hold in new
            if whole
            and names[hold.lock].parent is None
            and not _is_ours(hold)
            and not _is_somebody_elses(hold)
        ]

    def left(self, known: frozenset[int]) -> tuple[View, list[Hold]]:
        """The holds not `known` that nobody will release, with the view that shows them.

        Those of the calling thread, of ended threads, and of functions that have returned;
        another thread at its work is given LOOK_S to let go, or to be seen to have left.
        """
        deadline = time.monotonic() + LOOK_S
        while True:
            view = self.look()
            fresh = [h for h in view.snapshot.holds if h.id not in known and not _is_ours(h)]
            left = [hold for hold in fresh if _is_left(view.snapshot, hold)]
            if len(left) == len(fresh) or time.monotonic() > deadline:
                return view, [hold for hold in left if _stands_alone(view.snapshot, hold)]
            time.sleep(PAUSE_S)


def _is_somebody_elses(hold: Hold) -> bool:
    """Taken by the standard library or a package: how they leave their locks is their design."""
    return hold.site is None or bool(_INSTALLED.search(hold.site.file))


def held() -> frozenset[int]:
    """The ids of all that this process holds at this moment."""
    return frozenset(row[0] for row in AGENT.core.ledger.holds()) if AGENT.core else frozenset()


def present_stacks() -> tuple[ThreadStack, ...]:
    """What each thread does now, without our own frames, as seen from within."""
    threads = {thread.ident: thread for thread in threading.enumerate()}
    stacks = []
    for ident, frame in sys._current_frames().items():
        thread = threads.get(ident)
        if thread is not None:
            stacks.append(ThreadStack(thread.native_id, thread.name, _sites(frame)))
    return tuple(stacks)


def _sites(frame: FrameType | None) -> tuple[Site, ...]:
    while frame is not None and _is_frame_of_ours(frame.f_code.co_filename):
        frame = frame.f_back
    sites: list[Site] = []
    while frame is not None and len(sites) < MOST_FRAMES:
        code = frame.f_code
        sites.append(Site(code.co_filename, frame.f_lineno, code.co_qualname))
        frame = frame.f_back
    return tuple(sites)


def _is_ours(hold: Hold) -> bool:
    return hold.site is not None and hold.site.file.startswith(OURS)


def _is_frame_of_ours(file: str) -> bool:
    return file.startswith(OURS) or PurePath(file).name in _FOREIGN


def _is_left(snapshot: Snapshot, hold: Hold) -> bool:
    actor = snapshot.actors.get(hold.actor)
    ours = (
        actor is not None
        and actor.kind == "thread"
        and actor.native_id == threading.get_native_id()
    )
    return ours or is_leaked(snapshot, hold)


def _stands_alone(snapshot: Snapshot, hold: Hold) -> bool:
    """Not the inner lock of a compound primitive, whose own hold tells it."""
    lock = snapshot.locks.get(hold.lock)
    return lock is not None and lock.parent is None
