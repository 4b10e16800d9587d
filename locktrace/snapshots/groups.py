"""Holds and waits grouped by the line they come from: 1284 holds of one line are one fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from locktrace.model import Actor, Hold, Mode, Site, Snapshot, Wait
from locktrace.snapshots.kinds import is_read

Record = TypeVar("Record", Hold, Wait)


@dataclass(frozen=True, slots=True)
class HoldGroup:
    """Holds of one lock taken at one site, oldest first; some or all of them may be leaked."""

    lock: int
    site: Site | None
    leaked_holds: int
    holds: tuple[Hold, ...]

    @property
    def leaked(self) -> bool:
        """Whether any is."""
        return self.leaked_holds > 0

    @property
    def mode(self) -> Mode:
        """Shared if every hold is."""
        shared = all(hold.mode is Mode.SHARED for hold in self.holds)
        return Mode.SHARED if shared else Mode.EXCLUSIVE

    def fate(self, snapshot: Snapshot) -> str:
        """Why nobody is left to release a group that is all leaked, as ``although …`` goes on."""
        if all(has_ended(snapshot, hold) for hold in self.holds):
            fates = {snapshot.actors[actor].fate for actor in self.actors}
            if all(fates):
                return f"that process {fates.pop()}" if len(fates) == 1 else "they have ended"
            one = len(self.actors) == 1
            return "that thread has ended" if one else "those threads have ended"
        return "that function has returned"

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
    return hold.returned or has_ended(snapshot, hold)


def has_ended(snapshot: Snapshot, hold: Hold) -> bool:
    """Whether the actor that took `hold` has ended."""
    actor = snapshot.actors.get(hold.actor)
    return actor is not None and actor.ended


def is_reading(snapshot: Snapshot, record: Hold | Wait) -> bool:
    """Whether `record` is of a read lock."""
    lock = snapshot.locks.get(record.lock)
    return record.mode is Mode.SHARED and (lock is None or is_read(lock))


def is_live_thread(actor: Actor) -> bool:
    """Whether a present stack with this actor's OS thread id is this actor's.

    Tasks share the id of their loop's thread, and a new thread may get that of one that ended.
    """
    return actor.kind == "thread" and actor.native_id is not None and not actor.ended


def group_holds(snapshot: Snapshot, holds: Iterable[Hold]) -> tuple[HoldGroup, ...]:
    """Groups by lock and site: those with leaked holds first, then oldest first."""
    groups: dict[tuple[int, Site | None], list[Hold]] = {}
    for hold in sorted(holds, key=lambda h: (h.since_ns, h.id)):
        groups.setdefault((hold.lock, hold.site), []).append(hold)
    made = [
        HoldGroup(lock, site, sum(is_leaked(snapshot, hold) for hold in members), tuple(members))
        for (lock, site), members in groups.items()
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
