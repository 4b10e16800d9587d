"""What a lock is called where it was made, told to the processes that have it from there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from locktrace.model import Lock, Snapshot
from locktrace.snapshots import kinds

MOST = 10_000  # locks that are remembered, whether their makers live or not


class Introductions:
    """`dress` is given each picture of each process: a lock that came from another one gets the
    name, the kind and the place that it has there, if that has been seen."""

    def __init__(self) -> None:
        self._made: dict[str, Lock] = {}

    def dress(self, snapshot: Snapshot) -> Snapshot:
        shared = [lock for lock in snapshot.locks.values() if lock.os_id]
        self._learn(shared)
        strangers = [lock for lock in shared if lock.created_at is None]
        known = {lock.id: self._introduced(lock) for lock in strangers if lock.os_id in self._made}
        return replace(snapshot, locks={**snapshot.locks, **known}) if known else snapshot

    def _learn(self, shared: Iterable[Lock]) -> None:
        for lock in shared:
            made_here = lock.created_at is not None and not kinds.is_process(lock)
            if made_here and len(self._made) < MOST:
                self._made.setdefault(lock.os_id, lock)

    def _introduced(self, lock: Lock) -> Lock:
        made = self._made[lock.os_id]
        return replace(lock, name=made.name, kind=made.kind, created_at=made.created_at)
