"""What a detector says, and a snapshot that is kept for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from locktrace.model.ledger import Certainty, Hold
from locktrace.model.site import Site
from locktrace.model.snapshot import Snapshot, ThreadStack


class Severity(StrEnum):
    """How bad a finding is; ``rank`` orders them, worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class RoleSite:
    """A site and its part in a finding: holder, waiter, writer, reader, creator."""

    site: Site
    role: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis: what a detector saw, and the sentence a person reads.

    ``evidence`` holds the ids of the holds and waits it rests on: the same ids in a second
    look mean that nothing has moved. ``key`` tells whether two findings are the same one.
    ``past`` are the acquires it tells of that may be over.
    """

    kind: str
    severity: Severity
    certainty: Certainty
    message: str
    locks: tuple[int, ...] = ()
    sites: tuple[RoleSite, ...] = ()
    actors: tuple[int, ...] = ()
    since_ns: int = 0
    evidence: frozenset[int] = frozenset()
    count: int = 1
    past: tuple[Hold, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        return (self.kind, self.locks, self.sites[0].site if self.sites else None)


@dataclass(frozen=True, slots=True)
class StallSnapshot:
    """A snapshot with its findings and each thread's present stack.

    ``stacks_from`` is ``py-spy``, ``agent`` or ``none``; ``stacks_note`` says in a sentence why
    it is not py-spy, when it is not. ``id`` names it, in the store too if it is ``saved``.
    ``thresholds`` (s), as ``--threshold`` names them, are those that the findings were made with.
    ``suppressed`` counts the findings that the project does not want told.
    """

    id: str
    snapshot: Snapshot
    findings: tuple[Finding, ...]
    threads: tuple[ThreadStack, ...] = ()
    stacks_from: str = "none"
    stacks_note: str = ""
    saved: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    suppressed: int = 0
