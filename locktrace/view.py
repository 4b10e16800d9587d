"""What consumers see of an observation: a view at a time, and where they come from.

The terminal UI, the plain-line watcher, `run` and `dump` know these alone; a `Session` of one
process and a family of several are feeds of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from locktrace.errors import TargetLostError
from locktrace.model import Finding, Process, Snapshot, StallSnapshot


@dataclass(frozen=True, slots=True)
class Member:
    """One of several processes in a view; `locktrace.family.merging` tells whose an id is."""

    number: int
    process: Process
    ended: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """All that a screen shows at one instant; frozen, so that pausing is keeping one.

    ``findings`` are confirmed and worst first; those that the project does not want told are
    ``suppressed`` instead. ``stalls`` are the stall snapshots taken in
    this session, oldest first. ``ended`` is the sentence that says why nothing new will
    come (the target exited, was killed, …), or None while it lives; the snapshot is then
    the last one, and complete if the target ``finished`` with a goodbye. ``notice`` is a
    passing remark (a stall snapshot that could not be saved). ``members`` are the processes
    of a view of several, the first of which is the snapshot's; ``shared`` has the numbers of those
    that know each lock of several. ``exit_code`` is for a command
    that has nothing more to show when it has ended.
    """

    snapshot: Snapshot
    findings: tuple[Finding, ...] = ()
    stalls: tuple[StallSnapshot, ...] = ()
    ended: str | None = None
    notice: str = ""
    finished: bool = False
    members: tuple[Member, ...] = ()
    shared: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    exit_code: int = TargetLostError.exit_code
    suppressed: tuple[Finding, ...] = ()


class Feed(Protocol):
    """What a consumer needs of a session; the tests' screens are fed by a list of views."""

    def poll(self, timeout: float) -> View:
        """The next view, after at most `timeout` seconds; never raises for what the target does."""
        ...

    def dump(self) -> Path:
        """Take and save a snapshot now; LocktraceError with a sentence if it cannot be saved."""
        ...

    def close(self) -> None: ...
