"""A snapshot indexed for the detectors, with the questions that several of them ask.

Built once for each diagnosis in linear time, since a target may have 10,000 actors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from locktrace.model import Hold, Lock, Mode, Site, Snapshot, ThreadStack, Wait
from locktrace.snapshots import kinds
from locktrace.snapshots.groups import is_leaked, is_live_thread, is_reading
from locktrace.wording import who

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
    """The locks that somebody reads or wants to read."""
    threads: Mapping[int, int]
    """The actor of each living thread, by OS thread id."""
    stacks: Mapping[int, ThreadStack]
    """Present stacks by actor, where somebody has looked."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> Ledger:
        holds = _oldest_first(snapshot.holds, snapshot.locks)
        waits = _oldest_first(snapshot.waits, snapshot.locks)
        records: list[Hold | Wait] = [*holds, *waits]
        threads = {
            actor.native_id: actor.id
            for actor in snapshot.actors.values()
            if is_live_thread(actor) and actor.native_id is not None
        }
        present = snapshot.present.threads if snapshot.present is not None else ()
        return cls(
            snapshot,
            _grouped((hold.lock, hold) for hold in holds),
            _grouped((wait.lock, wait) for wait in waits),
            _grouped((wait.actor, wait) for wait in waits),
            _grouped(((hold.lock, hold.actor), hold) for hold in holds),
            frozenset(record.lock for record in records if is_reading(snapshot, record)),
            threads,
            {
                threads[thread.native_id]: thread
                for thread in present
                if thread.native_id is not None and thread.native_id in threads
            },
        )

    def lock(self, lock: int) -> Lock:
        return self.snapshot.locks[lock]

    def known(self, lock: int) -> Lock | None:
        """The lock as it is, or as it was when the history last spoke of it."""
        return self.snapshot.locks.get(lock) or self.snapshot.history.names.get(lock)

    def actor_at(self, native_id: int | None) -> int | None:
        """The living thread of that OS thread id."""
        return self.threads.get(native_id) if native_id is not None else None

    def name_of(self, thread: ThreadStack) -> str:
        """What the thread of a present stack is called."""
        actor = self.actor_at(thread.native_id)
        name = who(self.snapshot, actor) if actor is not None else thread.name
        return name or f"thread {thread.native_id}"

    def stack_of(self, actor: int) -> ThreadStack | None:
        """What `actor` does at present, if somebody has looked."""
        return self.stacks.get(actor)

    def is_leaked(self, hold: Hold) -> bool:
        return is_leaked(self.snapshot, hold)

    def is_answered_for(self, hold: Hold) -> bool:
        """Whether the function that took `hold` is known to be still there to release it.

        It is not if the holder now waits for the same lock at the same line: that is either
        a loop or, more likely, a later call, and the earlier one has returned. The agent
        cannot tell, because the later call's frame may lie where the earlier one's did.
        """
        return not self.is_leaked(hold) and not any(
            wait.lock == hold.lock and wait.mode is hold.mode and _is_back_at(wait, hold.site)
            for wait in self.waits_by_actor.get(hold.actor, ())
        )

    def is_handed_over(self, lock: int) -> bool:
        """Whether others than the holder release this lock: then its holder answers for nothing.

        It is known of a lock that was so released, and assumed of one that was born locked.
        """
        return self.lock(lock).foreign_releases > 0 or self._is_born_locked(lock)

    def _is_born_locked(self, lock: int) -> bool:
        """Whether its one acquire was in the function that made it, which then returned.

        ``self._done = Lock(); self._done.acquire()`` in an ``__init__`` makes a signal.
        """
        made = self.lock(lock).created_at
        holds = self.holds.get(lock, ())
        if made is None or len(holds) != 1 or self.lock(lock).acquisitions > 1:
            return False
        site = holds[0].site
        return (
            site is not None
            and (site.file, site.function) == (made.file, made.function)
            and holds[0].mode is Mode.EXCLUSIVE
            and self.is_leaked(holds[0])
        )

    def is_signal(self, lock: int) -> bool:
        return kinds.is_signal(self.lock(lock))

    def is_semaphore(self, lock: int) -> bool:
        return kinds.is_semaphore(self.lock(lock))

    def is_reentrant(self, lock: int) -> bool:
        return kinds.is_reentrant(self.lock(lock))

    def queued_in(self, lock: int) -> int | None:
        """The pool that `lock`, a future which nobody works on yet, is queued in."""
        known = self.lock(lock)
        parent = known.parent
        if not kinds.is_future(known) or self.holds.get(lock) or parent is None:
            return None
        pool = self.snapshot.locks.get(parent)
        return parent if pool is not None and kinds.is_executor(pool) else None

    def is_crew(self, lock: int) -> bool:
        return kinds.is_crew(self.lock(lock))

    def is_promise(self, lock: int) -> bool:
        """Whether it is a future that belongs to no pool and nobody is known to work on.

        Nobody has made what stands for several futures, or was there before tracing.
        """
        return self.lock(lock).created_at is not None and self.is_unanswered(lock)

    def is_unanswered(self, lock: int) -> bool:
        """Whether it is a future that is queued in no pool, and nobody is known to work on."""
        known = self.lock(lock)
        return kinds.is_future(known) and known.parent is None and not self.holds.get(lock)

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
        if kinds.is_future(self.lock(lock)):
            return False  # its pool is no stand-in for it
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
        waits_for_signal = any(
            self.is_signal(other.lock) and (other.since_ns, other.id) < (wait.since_ns, wait.id)
            for other in outer
        )
        return waits_for_signal and self.own_conflict(wait) is not None

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

    def is_behind(self, wait: Wait, writer: Wait) -> bool:
        """Whether `wait` queues behind `writer`; which of two came first that the agent found
        waiting is not known, but with readers only in its way a reader waits for no other."""
        if wait.found and writer.found:
            return wait.id != writer.id
        return writer.since_ns < wait.since_ns

    def is_unmoved(self, wait: Wait) -> bool:
        """Whether this wait and whoever holds its lock were there when the agent came.

        So nobody has got the lock since, while in a busy program many would have.
        """
        holds = self.holds.get(wait.lock, ())
        still = bool(holds) and all(hold.found for hold in holds)
        return wait.found and not wait.timed and still

    def own_conflict(self, wait: Wait) -> Hold | None:
        """The waiting actor's own oldest hold that stands in the way of this wait."""
        for hold in self.holds_by_owner.get((wait.lock, wait.actor), ()):
            if wait.mode is Mode.EXCLUSIVE or hold.mode is Mode.EXCLUSIVE:
                return hold
        return None


def _is_back_at(wait: Wait, site: Site | None) -> bool:
    """Whether `wait` is at `site`, with no other call of that function further out."""
    if site is None:
        return False
    place = (site.file, site.function)
    lines = [frame.line for frame in wait.stack if (frame.file, frame.function) == place]
    return lines == [site.line]


def _oldest_first(records: Iterable[Record], locks: Mapping[int, Lock]) -> list[Record]:
    known = [record for record in records if record.lock in locks]
    return sorted(known, key=lambda record: (record.since_ns, record.id))


Key = TypeVar("Key")
Value = TypeVar("Value")


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, tuple[Value, ...]]:
    groups: defaultdict[Key, list[Value]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}
