"""One observation of one target: source -> state -> detectors -> consumers. The only wiring.

The terminal UI, the plain-line watcher, `run` and `dump` all consume :class:`View`s from a
:class:`Session`; none of them talks to a socket or runs a detector itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from locktrace.model import Finding, Snapshot, StallSnapshot


@dataclass(frozen=True, slots=True)
class View:
    """All that a screen shows at one instant; frozen, so that pausing is keeping one.

    ``findings`` are confirmed and worst first. ``stalls`` are the stall snapshots taken in
    this session, oldest first. ``ended`` is the sentence that says why nothing new will
    come (the target exited, was killed, …), or None while it lives; the snapshot is then
    the last one. ``notice`` is a passing remark (a stall snapshot that could not be saved).
    """

    snapshot: Snapshot
    findings: tuple[Finding, ...] = ()
    stalls: tuple[StallSnapshot, ...] = ()
    ended: str | None = None
    notice: str = ""


class Feed(Protocol):
    """What a consumer needs of a session; the tests' screens are fed by a list of views."""

    def poll(self, timeout: float) -> View:
        """The next view, after at most `timeout` seconds; never raises for what the target does."""
        ...

    def dump(self) -> Path:
        """Take and save a snapshot now; raises LocktraceError with a sentence if it cannot be saved."""
        ...

    def close(self) -> None: ...
