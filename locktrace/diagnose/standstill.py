"""Whether a whole process stands still for ever: the strictest question of all."""

from __future__ import annotations

from pathlib import PurePath

from locktrace.diagnose.case import Case
from locktrace.diagnose.ledger import Ledger
from locktrace.model import Actor, Present, ThreadStack, Wait
from locktrace.snapshots import kinds


def last_waits(case: Case) -> tuple[Wait, ...] | None:
    """The wait of every living thread and task, if each has one that has lasted `stall_after`
    and will not end by itself; else None, and also where that cannot be told. One that was there
    when the agent came has lasted, and need only have been seen for `deadlock_after`.

    It needs a look at every thread of the process: one that is not in the ledger might do
    anything. So might a handler of a signal, a thread of which Python knows nothing, and
    another process that shares the lock. A thread whose event loop is asleep for good stands
    still, and with it every task of the loop.
    """
    present = case.ledger.snapshot.present
    if present is None or present.strangers or not _is_left_alone(present):
        return None
    if not all(_stands(case, present, thread) for thread in present.threads):
        return None
    waits = [_last_wait(case, present, actor) for actor in _living(case.ledger, present)]
    known = tuple(wait for wait in waits if wait is not None)
    return known if known and len(known) == len(waits) else None


def _is_left_alone(present: Present) -> bool:
    """Whether no signal runs code of the program; Ctrl-C under `asyncio.run` cancels, as ever."""
    return present.handlers is not None and all(
        PurePath(file).parts[-2:] == ("asyncio", "runners.py") and function == "Runner._on_sigint"
        for file, function in present.handlers
    )


def _living(ledger: Ledger, present: Present) -> list[Actor]:
    """The living actors, without threads that only wait for the others to end, and what waits
    for nothing but its own event loop, if that is asleep."""
    leaving = {
        ledger.actor_at(thread.native_id)
        for thread in present.threads
        if _is_leaving(thread) or _serves_multiprocessing(thread)
    }
    return [
        actor
        for actor in ledger.snapshot.actors.values()
        if not actor.ended
        and actor.id not in leaving
        and (actor.native_id not in present.asleep or ledger.waits_by_actor.get(actor.id))
    ]


def _stands(case: Case, present: Present, thread: ThreadStack) -> bool:
    actor = case.ledger.actor_at(thread.native_id)
    if thread.native_id in present.asleep or _serves_multiprocessing(thread):
        return True
    return _is_leaving(thread) or (
        actor is not None and bool(case.ledger.waits_by_actor.get(actor))
    )


def _last_wait(case: Case, present: Present, actor: Actor) -> Wait | None:
    for wait in case.ledger.waits_by_actor.get(actor.id, ()):
        shared = _may_be_ended_from_outside(case.ledger, wait.lock)
        limits = case.thresholds
        soon = min(limits.stall_after, limits.deadlock_after)
        enough = soon if wait.found else limits.stall_after
        long = case.age(wait.since_ns) >= enough
        old = long and wait.since_ns <= present.taken_ns
        if old and not wait.timed and not shared:
            return wait
    return None


def _may_be_ended_from_outside(ledger: Ledger, lock: int) -> bool:
    """Whether a process that is not in the snapshot may have its hand in it."""
    if kinds.is_process(ledger.lock(lock)):
        return not ledger.holds.get(lock)  # it is not among those that are seen
    shared = ledger.lock(lock).kind.startswith("multiprocessing.")
    return shared and not ledger.snapshot.family


def _serves_multiprocessing(thread: ThreadStack) -> bool:
    """Whether it is the resource tracker, or a forkserver, that has nothing to do: such a process
    runs no code of the program."""
    places = [(PurePath(s.file).parts[-2:], s.function) for s in thread.frames[:2]]
    tracker = (("multiprocessing", "resource_tracker.py"), "main")
    server = (("multiprocessing", "forkserver.py"), "main")
    return places[:1] == [tracker] or (
        places[1:] == [server] and PurePath(thread.frames[0].file).name == "selectors.py"
    )


def _is_leaving(thread: ThreadStack) -> bool:
    """Whether it is the main thread, at its end, waiting for those that are no daemons."""
    return any(
        PurePath(site.file).name == "threading.py" and site.function == "_shutdown"
        for site in thread.frames
    )
