"""A snapshot indexed for the detectors, with the questions that several of them ask.

Built once for each diagnosis in linear time, since a target may have 10,000 actors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from locktrace.model import SIGNAL_KINDS, Hold, Lock, Mode, Snapshot, Wait
from locktrace.snapshots.groups import is_leaked

Record = TypeVar("Record", Hold, Wait)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Holds and waits by lock and by actor, oldest first.

    Records of a lock that the snapshot does not list are left out: the lock is gone.
    """

    snapshot: Snapshot
    holds: Mapping[int, tuple[Hold, ...]]
    waits: Mapping[int, tuple[Wait, ...]]
    waits_by_actor: Mapping[int, tuple[Wait, ...]]
    holds_by_owner: Mapping[tuple[int, int], tuple[Hold, ...]]
    """By (lock, actor)."""
    read_write: frozenset[int]
    """The locks that somebody holds or wants in shared mode."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> Ledger:
        holds = _oldest_first(snapshot.holds, snapshot.locks)
        waits = _oldest_first(snapshot.waits, snapshot.locks)
        return cls(
            snapshot,
            _grouped((hold.lock, hold) for hold in holds),
            _grouped((wait.lock, wait) for wait in waits),
            _grouped((wait.actor, wait) for wait in waits),
            _grouped(((hold.lock, hold.actor), hold) for hold in holds),
            _shared(holds, snapshot) | _shared(waits, snapshot),
        )

    def lock(self, lock: int) -> Lock:
        return self.snapshot.locks[lock]

    def is_leaked(self, hold: Hold) -> bool:
        return is_leaked(self.snapshot, hold)

    def is_handed_over(self, lock: int) -> bool:
        """Whether others than the holder release this lock: then its holder answers for nothing."""
        return self.lock(lock).foreign_releases > 0

    def is_signal(self, lock: int) -> bool:
        """Whether waiting for it is waiting to be told something (Condition, Event)."""
        return _family(self.lock(lock)) in SIGNAL_KINDS

    def is_semaphore(self, lock: int) -> bool:
        return _is_semaphore(self.lock(lock))

    def is_reentrant(self, lock: int) -> bool:
        return _family(self.lock(lock)) == "RLock"

    def compounds_of(self, lock: int) -> Iterator[int]:
        """The primitives that `lock` is an inner lock of, from the nearest outwards."""
        seen = {lock}
        parent = self.lock(lock).parent
        while parent is not None and parent in self.snapshot.locks and parent not in seen:
            seen.add(parent)
            yield parent
            parent = self.lock(parent).parent

    def is_inner(self, lock: int) -> bool:
        """Whether a compound primitive that can itself be held stands for this lock.

        A Condition's lock is not inner in this sense: nobody holds a Condition, so its lock
        speaks for itself.
        """
        return any(not self.is_signal(parent) for parent in self.compounds_of(lock))

    def contention(self, lock: int) -> tuple[Wait, ...]:
        """The waits for `lock` that wait for somebody to release it, oldest first.

        Left out are waits for a signal and what is waited for in the course of another wait:
        an inner lock by an actor who waits for the compound around it (told once, under the
        compound's name), and the lock that ``Condition.wait`` takes itself to block on it.
        """
        if self.is_signal(lock):
            return ()
        compounds = {c for c in self.compounds_of(lock) if not self.is_signal(c)}
        return tuple(w for w in self.waits.get(lock, ()) if not self._is_part(w, compounds))

    def _is_part(self, wait: Wait, compounds: set[int]) -> bool:
        outer = [other for other in self.waits_by_actor[wait.actor] if other.id != wait.id]
        if any(other.lock in compounds for other in outer):
            return True
        return self.own_conflict(wait) is not None and any(
            self.is_signal(other.lock) and other.since_ns <= wait.since_ns for other in outer
        )

    def pending_writer(self, lock: int) -> Wait | None:
        """The first in the queue to write, while only readers hold the lock.

        A reader who waits at such a time can be waiting for nothing but this writer's turn.
        """
        if lock not in self.read_write:
            return None
        holds = self.holds.get(lock, ())
        if not holds or any(hold.mode is Mode.EXCLUSIVE for hold in holds):
            return None
        return next((w for w in self.waits.get(lock, ()) if w.mode is Mode.EXCLUSIVE), None)

    def own_conflict(self, wait: Wait) -> Hold | None:
        """The waiting actor's own oldest hold that stands in the way of this wait."""
        for hold in self.holds_by_owner.get((wait.lock, wait.actor), ()):
            if wait.mode is Mode.EXCLUSIVE or hold.mode is Mode.EXCLUSIVE:
                return hold
        return None


def _family(lock: Lock) -> str:
    """The kind without its module: an ``asyncio.Event`` is an Event."""
    return lock.kind.rpartition(".")[2]


def _is_semaphore(lock: Lock) -> bool:
    return _family(lock).endswith("Semaphore")


def _oldest_first(records: Iterable[Record], locks: Mapping[int, Lock]) -> list[Record]:
    known = [record for record in records if record.lock in locks]
    return sorted(known, key=lambda record: (record.since_ns, record.id))


def _shared(records: Iterable[Record], snapshot: Snapshot) -> frozenset[int]:
    locks = {record.lock for record in records if record.mode is Mode.SHARED}
    return frozenset(lock for lock in locks if not _is_semaphore(snapshot.locks[lock]))


Key = TypeVar("Key")
Value = TypeVar("Value")


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, tuple[Value, ...]]:
    groups: defaultdict[Key, list[Value]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}
