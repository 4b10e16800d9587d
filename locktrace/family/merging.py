"""Several processes' views as one, their ids kept apart.

Ids of a member begin at its number shifted by `SHIFT`, so those of the first are unchanged and
any id tells whose it is. A lock that processes share (`multiprocessing`) is as many locks as
there are processes that know it; joined by its name in the system, it would be the first's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from locktrace.diagnose import severest_first
from locktrace.model import Actor, Finding, Hold, Lock, Snapshot, Wait
from locktrace.session import Member, View

SHIFT = 48

Record = TypeVar("Record", Lock, Actor, Hold, Wait)


def member_of(id: int) -> int:
    """The number of the member that a lock, actor, hold or wait with this id belongs to."""
    return id >> SHIFT


class Apart:
    """Gives one member's records their ids in the family; what has not changed is kept."""

    def __init__(self, number: int) -> None:
        self._first = number << SHIFT
        self._known: dict[type, dict[int, tuple[object, object]]] = {}

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        if not self._first:
            return snapshot
        return replace(
            snapshot,
            locks={lock.id: lock for lock in self._all(snapshot.locks.values(), self._lock)},
            actors={actor.id: actor for actor in self._all(snapshot.actors.values(), self._actor)},
            holds=tuple(self._all(snapshot.holds, self._entry)),
            waits=tuple(self._all(snapshot.waits, self._entry)),
            history=replace(
                snapshot.history,
                names={
                    self._id(id): self._lock(lock) for id, lock in snapshot.history.names.items()
                },
            ),
        )

    def finding(self, finding: Finding, pid: int) -> Finding:
        """`finding` with the process in its sentence."""
        return replace(
            finding,
            message=f"pid {pid}: {finding.message}",
            locks=tuple(map(self._id, finding.locks)),
            actors=tuple(map(self._id, finding.actors)),
            evidence=frozenset(map(self._id, finding.evidence)),
            past=tuple(map(self._entry, finding.past)),
        )

    def _id(self, id: int) -> int:
        return self._first + id

    def _all(
        self, records: Iterable[Record], moved: Callable[[Record], Record]
    ) -> Iterable[Record]:
        fresh: dict[int, tuple[object, object]] = {}
        kind: type = object
        for record in records:
            kind = type(record)
            known = self._known.get(kind, {}).get(record.id)
            if known is None or known[0] is not record:
                known = (record, moved(record))
            fresh[record.id] = known
            yield known[1]  # type: ignore[misc]
        self._known[kind] = fresh

    def _lock(self, lock: Lock) -> Lock:
        parent = None if lock.parent is None else self._id(lock.parent)
        return replace(lock, id=self._id(lock.id), parent=parent)

    def _actor(self, actor: Actor) -> Actor:
        return replace(actor, id=self._id(actor.id))

    def _entry(self, entry: Record) -> Record:
        assert isinstance(entry, Hold | Wait)
        return replace(
            entry, id=self._id(entry.id), lock=self._id(entry.lock), actor=self._id(entry.actor)
        )


def merged(views: Iterable[tuple[Member, Apart, View]]) -> View:
    """One view of all, its process that of the first; at least one is needed."""
    views = list(views)
    lead = views[0][2]
    snapshots = [apart.snapshot(view.snapshot) for _, apart, view in views]
    alone = len(views) == 1
    found = [
        finding if alone else apart.finding(finding, member.process.pid)
        for member, apart, view in views
        for finding in view.findings
    ]
    stalls = [stall for _, _, view in views for stall in view.stalls]
    return View(
        snapshot=replace(
            snapshots[0],
            taken_ns=max(s.taken_ns for s in snapshots),
            taken_at=max(s.taken_at for s in snapshots),
            locks={id: lock for s in snapshots for id, lock in s.locks.items()},
            actors={id: actor for s in snapshots for id, actor in s.actors.items()},
            holds=tuple(hold for s in snapshots for hold in s.holds),
            waits=tuple(wait for s in snapshots for wait in s.waits),
            dropped=sum(s.dropped for s in snapshots),
            faults=sum(s.faults for s in snapshots),
            history=replace(
                snapshots[0].history,
                lost=sum(s.history.lost for s in snapshots),
                full=any(s.history.full for s in snapshots),
                names={id: lock for s in snapshots for id, lock in s.history.names.items()},
            ),
        ),
        findings=severest_first(found),
        stalls=tuple(sorted(stalls, key=lambda stall: stall.snapshot.taken_ns)),
        ended=lead.ended if all(view.ended is not None for _, _, view in views) else None,
        finished=all(view.finished for _, _, view in views),
        members=tuple(member for member, _, _ in views),
    )
