"""Ids of several processes, kept apart.

Ids of a member begin at its number shifted by `SHIFT`, so those of the first are unchanged and
any id tells whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from locktrace.family import kernel
from locktrace.kernel_view import KernelView
from locktrace.model import (
    NO_HISTORY,
    Actor,
    Finding,
    History,
    Hold,
    Lock,
    Nesting,
    Rereading,
    Snapshot,
    Wait,
)

SHIFT = 48

Record = TypeVar("Record", Lock, Actor, Hold, Wait)
Entry = TypeVar("Entry", Hold, Wait)


def member_of(id: int) -> int:
    """The number of the member that a lock, actor, hold or wait with this id belongs to."""
    return id >> SHIFT


def own_id(id: int) -> int:
    """The id that a member's own session has it under."""
    return id & ((1 << SHIFT) - 1)


class Apart:
    """Gives one member's records their ids in the family; what has not changed is kept."""

    def __init__(self, number: int) -> None:
        self._first = number << SHIFT
        self._known: dict[type, dict[int, tuple[object, object]]] = {}
        self._history = (NO_HISTORY, NO_HISTORY)

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        if not self._first:
            return snapshot
        if self._history[0] is not snapshot.history:
            self._history = (snapshot.history, self._past(snapshot.history))
        return replace(
            snapshot,
            locks={lock.id: lock for lock in self._all(snapshot.locks.values(), self._lock)},
            actors={actor.id: actor for actor in self._all(snapshot.actors.values(), self._actor)},
            holds=tuple(self._all(snapshot.holds, self._entry)),
            waits=tuple(self._all(snapshot.waits, self._entry)),
            history=self._history[1],
            kernel=self._kernel(snapshot.kernel),
        )

    def finding(self, finding: Finding) -> Finding:
        if not self._first:
            return finding
        return replace(
            finding,
            locks=tuple(map(self._id, finding.locks)),
            actors=tuple(map(self._id, finding.actors)),
            evidence=frozenset(map(self._id, finding.evidence)),
            past=tuple(map(self._entry, finding.past)),
        )

    def _kernel(self, view: KernelView | None) -> KernelView | None:
        return None if view is None else kernel.renamed(view, lock=self._id, other=self._id)

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
        task = None if actor.task is None else self._id(actor.task)
        return replace(actor, id=self._id(actor.id), task=task)

    def _entry(self, entry: Entry) -> Entry:
        return replace(
            entry, id=self._id(entry.id), lock=self._id(entry.lock), actor=self._id(entry.actor)
        )

    def _past(self, history: History) -> History:
        return replace(
            history,
            nestings=tuple(map(self._nesting, history.nestings)),
            rereadings=tuple(
                Rereading(self._entry(each.outer), self._entry(each.inner), each.count)
                for each in history.rereadings
            ),
            blockings=tuple(
                replace(each, hold=self._entry(each.hold), wait=self._entry(each.wait))
                for each in history.blockings
            ),
            overtaken={self._id(id): times for id, times in history.overtaken.items()},
            lenient=frozenset(map(self._id, history.lenient)),
            traffic={self._id(id): traffic for id, traffic in history.traffic.items()},
            contention={self._id(id): sites for id, sites in history.contention.items()},
            names={self._id(id): self._lock(lock) for id, lock in history.names.items()},
        )

    def _nesting(self, nesting: Nesting) -> Nesting:
        return replace(
            nesting,
            outer=self._entry(nesting.outer),
            inner=self._entry(nesting.inner),
            locks=frozenset((self._id(a), self._id(b)) for a, b in nesting.locks),
            actors=frozenset(map(self._id, nesting.actors)),
            gates=frozenset(map(self._id, nesting.gates)),
        )
