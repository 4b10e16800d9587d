"""Holds and waits grouped by the line they come from: 1284 holds of one line are one fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from locktrace.model import Actor, Hold, Mode, Site, Snapshot, Wait

Record = TypeVar("Record", Hold, Wait)


@dataclass(frozen=True, slots=True)
class HoldGroup:
    """Holds of one lock taken at one site, oldest first; all of them leaked, or none."""

    lock: int
    site: Site | None
    leaked: bool
    holds: tuple[Hold, ...]

    @property
    def mode(self) -> Mode:
        """Shared if every hold is."""
        shared = all(hold.mode is Mode.SHARED for hold in self.holds)
        return Mode.SHARED if shared else Mode.EXCLUSIVE

    @property
    def actors(self) -> tuple[int, ...]:
        """Distinct actors, the one with the oldest hold first."""
        return tuple(dict.fromkeys(hold.actor for hold in self.holds))


@dataclass(frozen=True, slots=True)
class WaitGroup:
    """Waits for one lock in one mode at one site, oldest first."""

    lock: int
    mode: Mode
    site: Site | None
    waits: tuple[Wait, ...]


def is_leaked(snapshot: Snapshot, hold: Hold) -> bool:
    """Whether nobody is left to release `hold`: its function has returned or its actor ended."""
    actor = snapshot.actors.get(hold.actor)
    return hold.returned or (actor is not None and actor.ended)


def is_live_thread(actor: Actor) -> bool:
    """Whether a present stack with this actor's OS thread id is this actor's.

    Tasks share the id of their loop's thread, and a new thread may get that of one that ended.
    """
    return actor.kind == "thread" and actor.native_id is not None and not actor.ended


def group_holds(snapshot: Snapshot, holds: Iterable[Hold]) -> tuple[HoldGroup, ...]:
    """Groups by lock, site and whether they are leaked: leaked ones first, then oldest first."""
    groups: dict[tuple[bool, int, Site | None], list[Hold]] = {}
    for hold in sorted(holds, key=lambda h: (h.since_ns, h.id)):
        key = (is_leaked(snapshot, hold), hold.lock, hold.site)
        groups.setdefault(key, []).append(hold)
    made = [
        HoldGroup(lock, site, leaked, tuple(members))
        for (leaked, lock, site), members in groups.items()
    ]
    return tuple(sorted(made, key=lambda group: not group.leaked))


def by_lock(records: Iterable[Record]) -> dict[int, list[Record]]:
    """Holds or waits by the lock that they are of, in the order given."""
    locks: dict[int, list[Record]] = {}
    for record in records:
        locks.setdefault(record.lock, []).append(record)
    return locks


def group_waits(waits: Iterable[Wait]) -> tuple[WaitGroup, ...]:
    """Groups by lock, mode and site, oldest first."""
    groups: dict[tuple[int, Mode, Site | None], list[Wait]] = {}
    for wait in sorted(waits, key=lambda w: (w.since_ns, w.id)):
        groups.setdefault((wait.lock, wait.mode, wait.site), []).append(wait)
    return tuple(
        WaitGroup(lock, mode, site, tuple(members))
        for (lock, mode, site), members in groups.items()
    )
