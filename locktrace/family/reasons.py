"""What makes a look at all processes worth its while; asked often, so each question is cheap."""

from __future__ import annotations

from collections.abc import Iterable

from locktrace.family.feeders import is_feeding
from locktrace.model import Snapshot
from locktrace.snapshots import kinds


def is_reason(snapshots: Iterable[Snapshot], patience_s: float) -> bool:
    """Whether one of the processes waits for a lock that another may hold, or all of them wait
    for each other's word, one for `patience_s` seconds."""
    living = list(snapshots)
    if any(map(_wants_shared, living)):
        return True
    return all(map(all_wait, living)) and any(waits_for_word(s, patience_s) for s in living)


def all_wait(snapshot: Snapshot) -> bool:
    """Whether nobody in the process is known to work."""
    waiting = {wait.actor for wait in snapshot.waits}
    return all(
        actor.ended or actor.id in waiting or is_feeding(snapshot, actor.id)
        for actor in snapshot.actors.values()
    )


def waits_for_word(snapshot: Snapshot, seconds: float) -> bool:
    """Whether somebody has waited for so long to be told something by another process, or for
    its end."""
    locks = snapshot.locks
    return any(
        wait.lock in locks
        and bool(locks[wait.lock].os_id)
        and (kinds.is_signal(locks[wait.lock]) or kinds.is_process(locks[wait.lock]))
        and snapshot.age(wait.since_ns) >= seconds
        for wait in snapshot.waits
    )


def _wants_shared(snapshot: Snapshot) -> bool:
    locks = (snapshot.locks.get(wait.lock) for wait in snapshot.waits)
    return any(
        lock is not None
        and bool(lock.os_id)
        and not (kinds.is_signal(lock) or kinds.is_process(lock))
        for lock in locks
    )
