"""Whether a whole process stands still for ever: the strictest question of all."""

from __future__ import annotations

from pathlib import PurePath

from locktrace.diagnose.case import Case
from locktrace.diagnose.ledger import Ledger
from locktrace.model import Actor, Present, ThreadStack, Wait


def last_waits(case: Case) -> tuple[Wait, ...] | None:
    """The wait of every living thread and task, if each has one that has lasted `stall_after`
    and will not end by itself; else None, and also where that cannot be told.

    It needs a look at every thread of the process: one that is not in the ledger might do
    anything. So might a handler of a signal, a thread of which Python knows nothing, and
    another process that shares the lock.
    """
    present = case.ledger.snapshot.present
    if present is None or present.handlers is None or present.handlers or present.strangers:
        return None
    if not all(_stands(case, thread) for thread in present.threads):
        return None
    waits = [_last_wait(case, actor) for actor in _living(case.ledger, present)]
    known = tuple(wait for wait in waits if wait is not None)
    return known if known and len(known) == len(waits) else None


def _living(ledger: Ledger, present: Present) -> list[Actor]:
    """The living actors, without threads that only wait for the others to end."""
    leaving = {
        ledger.actor_at(thread.native_id) for thread in present.threads if _is_leaving(thread)
    }
    actors = ledger.snapshot.actors.values()
    return [actor for actor in actors if not actor.ended and actor.id not in leaving]


def _stands(case: Case, thread: ThreadStack) -> bool:
    actor = case.ledger.actor_at(thread.native_id)
    return _is_leaving(thread) or (
        actor is not None and bool(case.ledger.waits_by_actor.get(actor))
    )


def _last_wait(case: Case, actor: Actor) -> Wait | None:
    for wait in case.ledger.waits_by_actor.get(actor.id, ()):
        shared = case.ledger.lock(wait.lock).kind.startswith("multiprocessing.")
        old = case.age(wait.since_ns) >= case.thresholds.stall_after
        if old and not wait.timed and not shared:
            return wait
    return None


def _is_leaving(thread: ThreadStack) -> bool:
    """Whether it is the main thread, at its end, waiting for those that are no daemons."""
    return any(
        PurePath(site.file).name == "threading.py" and site.function == "_shutdown"
        for site in thread.frames
    )
