"""One process of a run, from its first word to its last, and all that was found in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from locktrace.diagnose import diagnose_end, severest_first
from locktrace.diagnose.precedence import is_repeated, take_in
from locktrace.family.apart import Apart
from locktrace.family.joining import Part
from locktrace.family.remains import fate_of
from locktrace.model import Finding, Process, Snapshot, StallSnapshot
from locktrace.session import Session
from locktrace.view import View


class Record:
    """Looks by `look`, until the process has ended; then `conclude`, once. `number` is the
    process's own in the run."""

    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self._apart = Apart(number)
        self.number = number
        self._fate = ""
        self._findings: dict[tuple[object, ...], Finding] = {}
        self._suppressed: set[tuple[object, ...]] = set()
        self._stalls = 0
        self._view = session.poll(0)

    def look(self, timeout: float) -> tuple[StallSnapshot, ...]:
        """Take in what has come, waiting at most `timeout` seconds for it; the new stalls."""
        view = self._view = self._session.poll(timeout)
        self._note(view.findings, view.suppressed)
        new = view.stalls[self._stalls :]
        self._stalls = len(view.stalls)
        return new

    def conclude(self) -> None:
        """What the last picture shows by itself, once nothing moves any more; let go."""
        self._session.close()
        if self.ended:
            last = diagnose_end(self.snapshot, self._session.thresholds)
            self._note(*self._session.suppressions.sift(self.snapshot, last))

    def leave_to(self, between: Iterable[Finding], ids: Mapping[int, int]) -> None:
        """Keep no finding of what is told `between` processes; `ids` are those that locks of
        several have there."""
        between = list(between)
        for key, finding in list(self._findings.items()):
            own = self._apart.finding(finding)
            locks = tuple(ids.get(lock, lock) for lock in own.locks)
            if is_repeated(replace(own, locks=locks), between):
                del self._findings[key]

    def _note(self, told: Iterable[Finding], suppressed: Iterable[Finding]) -> None:
        take_in(self._findings, told)
        self._suppressed.update(finding.key for finding in suppressed)

    def part(self) -> Part:
        """The process as one of several."""
        return Part(self.number, self._apart.snapshot(self.snapshot), self.fate)

    @property
    def fate(self) -> str:
        """How the process has ended, as ``that process …`` goes on; empty while it is there."""
        if self.ended and not self._fate:
            self._fate = fate_of(self._view)
        return self._fate

    @property
    def is_lost(self) -> bool:
        """Whether the process is there, and its agent is not: what it holds is not known."""
        return self.ended and not self.fate

    @property
    def session(self) -> Session:
        return self._session

    @property
    def view(self) -> View:
        """The latest."""
        return self._view

    @property
    def ended(self) -> bool:
        return self._view.ended is not None

    @property
    def snapshot(self) -> Snapshot:
        return self._view.snapshot

    @property
    def process(self) -> Process:
        return self.snapshot.process

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that were made in it, severest first."""
        return severest_first(list(self._findings.values()))

    @property
    def suppressed(self) -> int:
        """How many were made besides, and are not told."""
        return len(self._suppressed)

    def unused_suppressions(self) -> dict[str, str]:
        """Those of the project, and of the files that have come up here, that nothing needed."""
        return self._session.suppressions.unused(self.process, self._session.files)

    def report(self) -> StallSnapshot:
        """The latest picture with all findings."""
        return StallSnapshot(
            "",
            self.snapshot,
            self.findings,
            thresholds=self._session.thresholds.by_option(),
            suppressed=self.suppressed,
        )
