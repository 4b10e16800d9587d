"""Threads that feed a queue of `multiprocessing` whose pipe is full: they wait for its reader.

No agent sees that wait, for it is in a write. But a feeder holds the writers' lock for as long as
one write takes, and its present stack says that it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from locktrace.family.apart import SHIFT
from locktrace.model import Lock, Mode, Snapshot, ThreadStack, Wait
from locktrace.snapshots.groups import is_live_thread

OF_FEEDER = 1 << (SHIFT - 2)
"""Added to the id of the hold by which the wait is known."""
WRITERS = "._wlock"
QUEUE = "multiprocessing.Queue"


def waits_of_feeders(snapshot: Snapshot) -> Iterator[Wait]:
    """The waits of one process's feeders, as far as their present stacks are known."""
    present = snapshot.present
    holds = [h for h in snapshot.holds if _name(snapshot, h.lock).endswith(WRITERS)]
    if present is None or not holds:
        return
    writing = {t.native_id: t for t in present.threads if _is_writing(t)}
    for hold in holds:
        actor = snapshot.actors.get(hold.actor)
        stack = (
            writing.get(actor.native_id) if actor is not None and is_live_thread(actor) else None
        )
        queue = _queue(snapshot, _name(snapshot, hold.lock).removesuffix(WRITERS))
        if stack is None or queue is None or hold.since_ns > present.taken_ns:
            continue
        yield Wait(
            hold.id | OF_FEEDER, queue.id, Mode.SHARED, hold.actor, stack.frames, hold.since_ns
        )


def is_feeding(snapshot: Snapshot, actor: int) -> bool:
    """Whether `actor` holds the writers' lock of a queue."""
    return any(
        hold.actor == actor and _name(snapshot, hold.lock).endswith(WRITERS)
        for hold in snapshot.holds
    )


def _name(snapshot: Snapshot, lock: int) -> str:
    known = snapshot.locks.get(lock)
    return known.name if known is not None else ""


def _queue(snapshot: Snapshot, name: str) -> Lock | None:
    locks = snapshot.locks.values()
    return next((lock for lock in locks if lock.kind == QUEUE and lock.name == name), None)


def _is_writing(stack: ThreadStack) -> bool:
    places = [(PurePath(site.file).name, site.function) for site in stack.frames]
    return places[:1] == [("connection.py", "Connection._send")] and (
        ("queues.py", "Queue._feed") in places
    )
