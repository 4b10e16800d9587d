"""The locks that were waited for most, and how long the program's holds and waits last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from locktrace.durations import Durations
from locktrace.model import Contention, Lock, Snapshot
from locktrace.snapshots.kinds import is_answer, is_ordered, is_signal

MOST_LOCKS = 10
_NO_SITES = Contention()


@dataclass(frozen=True, slots=True)
class Contended:
    """A lock that was waited for, with the sites that did so or made others wait."""

    lock: Lock
    sites: Contention


def most_contended(snapshot: Snapshot) -> tuple[Contended, ...]:
    """At most MOST_LOCKS, those with the most time of waiting first; waits under way do not count.

    To wait for a signal, an answer or work is no contention.
    """
    waited = [lock for lock in _speaking(snapshot) if lock.wait_times.total]
    waited.sort(key=lambda lock: (-lock.wait_ns, lock.id))
    sites = snapshot.history.contention
    return tuple(Contended(lock, sites.get(lock.id, _NO_SITES)) for lock in waited[:MOST_LOCKS])


def spread(snapshot: Snapshot) -> tuple[Durations, Durations]:
    """How long holds and waits last, of all locks whose holder locks others out."""
    locks = [lock for lock in _speaking(snapshot) if is_ordered(lock)]
    return (
        Durations.together(lock.hold_times for lock in locks),
        Durations.together(lock.wait_times for lock in locks),
    )


def _speaking(snapshot: Snapshot) -> Iterable[Lock]:
    """Locks and semaphores; a compound primitive speaks for the locks inside it."""
    for lock in snapshot.locks.values():
        parent = snapshot.locks.get(lock.parent) if lock.parent is not None else None
        if (parent is None or is_signal(parent)) and not is_signal(lock) and not is_answer(lock):
            yield lock
