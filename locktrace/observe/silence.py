"""What the last word of a target is worth that has given none for long."""

from __future__ import annotations

from dataclasses import replace

from locktrace.model import Present, Snapshot
from locktrace.snapshots.groups import is_live_thread


def corrected(snapshot: Snapshot, present: Present) -> Snapshot:
    """`snapshot` without what `present`, seen from outside, shows to be over.

    Nobody acquires any more, and who has the GIL waits for no lock: it would have let go of it.
    """
    keepers = {thread.native_id for thread in present.threads if thread.owns_gil}
    running = {
        actor.id
        for actor in snapshot.actors.values()
        if actor.native_id in keepers and is_live_thread(actor)
    }
    return replace(
        snapshot,
        present=present,
        locks={
            id: replace(lock, rate=0.0) if lock.rate else lock
            for id, lock in snapshot.locks.items()
        },
        waits=tuple(wait for wait in snapshot.waits if wait.actor not in running),
    )
