"""A process and its descendants in one view, as a pre-forking server and its workers."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from locktrace.errors import LocktraceError
from locktrace.family.apart import Apart
from locktrace.family.council import Council, testified, witnessed
from locktrace.family.joining import Joint, Part, join
from locktrace.family.merging import merged
from locktrace.family.remains import fate_of
from locktrace.family.scout import Scout
from locktrace.model import StallSnapshot
from locktrace.session import Session
from locktrace.snapshots.store import StallStore
from locktrace.view import Member, View

MOMENT_S = 5.0  # for which a process that has ended is still shown
TURN_S = 0.25  # between two looks where no parent's heartbeat sets the pace


@dataclass(slots=True)
class _Followed:
    number: int
    session: Session
    apart: Apart
    view: View
    ended_at: float | None = None
    fate: str = ""
    seen: Member = field(init=False)

    def __post_init__(self) -> None:
        self._describe()

    def poll(self, timeout: float, now: Callable[[], float]) -> None:
        self.view = self.session.poll(timeout)
        if self.view.ended is not None and self.ended_at is None:
            self.ended_at = now()
        self._describe()

    def part(self) -> Part:
        snapshot = self.apart.snapshot(self.view.snapshot)
        if self.ended_at is None:
            return Part(self.number, snapshot)
        self.fate = self.fate or fate_of(self.view)
        if not self.fate:  # it is there, and nobody tells of it any more
            snapshot = replace(snapshot, holds=(), waits=())
        return Part(self.number, snapshot, self.fate)

    def _describe(self) -> None:
        process = self.view.snapshot.process
        self.seen = Member(self.number, process, self.view.ended is not None)


class FamilyFeed:
    """Follows `lead` and whom `scout` finds, until all have ended; a `Feed`.

    New processes come by themselves, and one that has ended stays for a moment. `store` of None
    keeps stall snapshots of several processes in memory only.
    """

    def __init__(
        self,
        lead: Session,
        scout: Scout,
        clock: Callable[[], float] = time.monotonic,
        store: StallStore | None = None,
    ) -> None:
        self._council = Council(lead.thresholds, lead.suppressions)
        self._store = store
        self._stalls: list[StallSnapshot] = []
        self._scout = scout
        self._clock = clock
        self._remarks: deque[str] = deque()
        self._numbers = 0
        self._members: list[_Followed] = []
        self._remark = ""
        self._welcome(lead)

    def poll(self, timeout: float) -> View:
        deadline = self._clock() + timeout
        self._admit()
        lead = self._members[0]
        if lead.ended_at is None:
            lead.poll(timeout, self._clock)
        else:
            time.sleep(max(0.0, min(TURN_S, deadline - self._clock())))
        for member in self._members[1:]:
            member.poll(0, self._clock)
        self._part()
        parts = self._council.with_remains(member.part() for member in self._members)
        joint = join(parts)
        self._hear_council(joint, parts)
        views = [(member.seen, member.apart, member.view) for member in self._members]
        view = merged(views, joint, self._council.findings, self._stalls, self._council.suppressed)
        return self._with_remark(view)

    def _hear_council(self, joint: Joint, parts: list[Part]) -> None:
        living = [member for member in self._members if member.ended_at is None]
        if not self._council.is_due({m.number: m.view.snapshot for m in living}):
            return
        verdict = self._council.look(joint, parts, living)
        if not verdict.stalled:
            return
        stall = witnessed(verdict, living)
        if self._store is not None:
            try:
                saved = self._store.save(stall).stem
                stall = replace(stall, id=saved, saved=True)
            except LocktraceError as error:
                self._remarks.append(str(error))
        self._stalls.append(stall)

    def settle(self, timeout: float) -> None:
        """Wait for the first full ledger of the first, and for its descendants to be looked for;
        TargetLostError if none comes in `timeout` seconds."""
        self._members[0].view = self._members[0].session.settle(timeout)
        self._scout.settle(timeout)
        self._admit()
        for member in self._members[1:]:
            with suppress(LocktraceError):
                member.view = member.session.settle(timeout)

    def take(self, view: View) -> StallSnapshot:
        """A stall snapshot of `view`, with the present stacks of all that live."""
        living = [member for member in self._members if member.ended_at is None]
        return testified(view.snapshot, view.findings, living)

    def dump(self) -> Path:
        """A snapshot of each process that lives, saved by itself; the first one's file.

        LocktraceError for the first that cannot be saved.
        """
        living = [m for m in self._members if m.ended_at is None] or self._members[:1]
        paths = [member.session.dump() for member in living]
        return paths[0]

    def close(self) -> None:
        self._scout.stop()
        for member in self._members:
            member.session.close()
        with suppress(queue.Empty):
            while True:
                self._scout.sessions.get_nowait().close()

    def _admit(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._welcome(self._scout.sessions.get_nowait())
        with suppress(queue.Empty):
            while True:
                self._remarks.append(self._scout.remarks.get_nowait())

    def _welcome(self, session: Session) -> None:
        with suppress(LocktraceError):
            self._members.append(
                _Followed(self._numbers, session, Apart(self._numbers), session.poll(0))
            )
            if self._numbers:
                process = self._members[-1].seen.process
                self._remarks.append(f"process {process.pid} is followed too")
            self._numbers += 1

    def _part(self) -> None:
        """Let go of those who ended a moment ago; somebody stays for the last picture."""
        horizon = self._clock() - MOMENT_S
        gone = [m for m in self._members if m.ended_at is not None and m.ended_at < horizon]
        for member in gone:
            if any(other not in gone for other in self._members):
                self._members.remove(member)
                self._council.bury(member.part())
                member.session.close()

    def _with_remark(self, view: View) -> View:
        """One remark for each view, then what the members themselves remark."""
        if self._remarks:
            self._remark = self._remarks.popleft()
        own = (f"pid {m.seen.process.pid}: {m.view.notice}" for m in self._members if m.view.notice)
        return replace(view, notice=next(own, self._remark))
