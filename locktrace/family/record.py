"""One process of a run, from its first word to its last, and all that was found in it."""

from __future__ import annotations

from locktrace.diagnose import diagnose_end, severest_first
from locktrace.model import Finding, Process, Snapshot, StallSnapshot
from locktrace.session import Session, View


class Record:
    """Looks by `look`, until the process has ended; then `conclude`, once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._findings: dict[tuple[object, ...], Finding] = {}
        self._stalls = 0
        self._view = session.poll(0)

    def look(self, timeout: float) -> tuple[StallSnapshot, ...]:
        """Take in what has come, waiting at most `timeout` seconds for it; the new stalls."""
        view = self._view = self._session.poll(timeout)
        self._findings.update({finding.key: finding for finding in view.findings})
        new = view.stalls[self._stalls :]
        self._stalls = len(view.stalls)
        return new

    def conclude(self) -> None:
        """What the last picture shows by itself, once nothing moves any more; let go."""
        self._session.close()
        if self.ended:
            last = diagnose_end(self.snapshot)
            self._findings.update({finding.key: finding for finding in last})

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

    def report(self) -> StallSnapshot:
        """The latest picture with all findings."""
        return StallSnapshot(
            "", self.snapshot, self.findings, thresholds=self._session.thresholds.by_option()
        )
