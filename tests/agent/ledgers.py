"""What a snapshot says, in the words that tests compare."""

from __future__ import annotations

from locktrace.model import Snapshot


def waits(snapshot: Snapshot, *kinds: str) -> set[tuple[str, str, str]]:
    """(actor, kind, name of the lock) of each wait for a lock of these kinds, or of any."""
    return _records(snapshot, snapshot.waits, kinds)


def holds(snapshot: Snapshot, *kinds: str) -> set[tuple[str, str, str]]:
    """The same of each hold."""
    return _records(snapshot, snapshot.holds, kinds)


def _records(
    snapshot: Snapshot, records: object, kinds: tuple[str, ...]
) -> set[tuple[str, str, str]]:
    found = set()
    for record in records:  # type: ignore[attr-defined]
        lock = snapshot.locks.get(record.lock)
        actor = snapshot.actors.get(record.actor)
        if lock is not None and actor is not None and (not kinds or lock.kind in kinds):
            found.add((actor.name, lock.kind, lock.name))
    return found
