"""Several processes' snapshots as one, in which a lock that they share is one lock.

What is one lock the operating system says (`Lock.os_id`): the same semaphore, whatever its name,
so locks are never joined because they look alike. A process that somebody joins is a lock that
its own main thread holds. Pure: no clock, no state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from locktrace.family import kernel
from locktrace.family.apart import SHIFT, Entry, member_of
from locktrace.family.feeders import waits_of_feeders
from locktrace.family.nestings import joined_nestings
from locktrace.kernel_view import KernelView
from locktrace.model import Actor, History, Hold, Lock, Mode, Present, Process, Snapshot, Wait
from locktrace.snapshots import kinds
from locktrace.snapshots.groups import is_live_thread
from locktrace.wording import actor_name

OF_PROCESS = 1 << (SHIFT - 1)
"""Added to a lock's id: the hold by which a process that is joined holds itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process: its snapshot, with ids that are its own in the family.

    `fate` says how it has ended, as ``although that process …`` goes on; empty while it lives.
    """

    number: int
    snapshot: Snapshot
    fate: str = ""

    @property
    def process(self) -> Process:
        return self.snapshot.process


@dataclass(frozen=True, slots=True)
class Joint:
    """`snapshot` is of all parts; `shared` has the parts that know each lock of several, by the
    id under which it is in the snapshot; `ids` maps the parts' ids of such locks to that."""

    snapshot: Snapshot
    shared: Mapping[int, tuple[int, ...]]
    ids: Mapping[int, int]

    def members_of(self, id: int) -> tuple[int, ...]:
        """The numbers of the processes that a lock, an actor, a hold or a wait belongs to."""
        return self.shared.get(id) or (member_of(id),)


def join(parts: Sequence[Part]) -> Joint:
    """All `parts` in one; the first gives the process, and at least one is needed."""
    if len(parts) == 1 and not parts[0].fate:
        return Joint(parts[0].snapshot, {}, {})
    there = {id for part in parts for id in part.snapshot.locks}
    groups = _alike(parts, there)
    ids = {lock.id: chosen.id for chosen, locks in groups for lock in locks}
    shared = {
        chosen.id: tuple(sorted({member_of(lock.id) for lock in locks})) for chosen, locks in groups
    }
    joined = {chosen.id: _added_up(chosen, locks) for chosen, locks in groups}
    locks = {id: lock for p in parts for id, lock in p.snapshot.locks.items() if id not in ids}
    locks |= {id: lock for id, lock in joined.items() if id in there}
    actors = {id: _actor(actor, p) for p in parts for id, actor in p.snapshot.actors.items()}
    holds = [_renamed(hold, ids) for part in parts for hold in part.snapshot.holds]
    living = [part.snapshot for part in parts if not part.fate]
    told = (wait for each in living for wait in (*each.waits, *waits_of_feeders(each)))
    waits = tuple(_renamed(wait, ids) for wait in told)
    snapshot = replace(
        parts[0].snapshot,
        taken_ns=max(part.snapshot.taken_ns for part in parts),
        taken_at=max(part.snapshot.taken_at for part in parts),
        locks=locks,
        actors=actors,
        holds=(
            *_true_holds(holds, shared, locks),
            *_held_by_themselves(parts, locks, actors, waits),
        ),
        waits=waits,
        dropped=sum(part.snapshot.dropped for part in parts),
        faults=sum(part.snapshot.faults for part in parts),
        heard_ns=max(part.snapshot.heard_ns for part in parts),
        finished=False,
        gaps=frozenset(gap for part in parts for gap in part.snapshot.gaps),
        kernel=_kernel(parts, ids),
        history=_history(parts, ids, joined),
        present=_present(parts),
        others=tuple(part.process for part in parts[1:]),
    )
    return Joint(snapshot, shared, ids)


def _alike(parts: Iterable[Part], there: Container[int]) -> list[tuple[Lock, list[Lock]]]:
    """The locks of one identity that are known more than once, each with the one to stand for
    them: of those that are `there` still the one that says where it was made, the first."""
    groups: defaultdict[str, list[Lock]] = defaultdict(list)
    for part in parts:
        past = part.snapshot.history.names
        for lock in {**past, **part.snapshot.locks}.values():
            if lock.os_id and not kinds.is_process(lock):
                groups[lock.os_id].append(lock)

    def strangeness(lock: Lock) -> tuple[bool, bool, int]:
        return (lock.id not in there, lock.created_at is None, lock.id)

    several = (locks for locks in groups.values() if len(locks) > 1)
    return [(min(locks, key=strangeness), locks) for locks in several]


def _added_up(chosen: Lock, locks: Sequence[Lock]) -> Lock:
    """`chosen` with the totals of all; each process counts what it has done itself."""
    return replace(
        chosen,
        acquisitions=sum(lock.acquisitions for lock in locks),
        contended=sum(lock.contended for lock in locks),
        wait_ns=sum(lock.wait_ns for lock in locks),
        hold_ns=sum(lock.hold_ns for lock in locks),
        foreign_releases=sum(lock.foreign_releases for lock in locks),
        unlisted_holds=sum(lock.unlisted_holds for lock in locks),
        rate=sum(lock.rate for lock in locks),
    )


def _renamed(record: Entry, ids: Mapping[int, int]) -> Entry:
    lock = ids.get(record.lock, record.lock)
    return record if lock == record.lock else replace(record, lock=lock)


def _actor(actor: Actor, part: Part) -> Actor:
    name = f"{actor_name(actor)} of process {part.process.pid}"
    return replace(actor, name=name, ended=actor.ended or bool(part.fate), fate=part.fate)


def _true_holds(
    holds: Iterable[Hold], shared: Mapping[int, object], locks: Mapping[int, Lock]
) -> Iterator[Hold]:
    """`holds` without those that a later one proves to be over.

    A process does not see that another has released what it took; but only one at a time can
    have a lock, so of several holds the newest is true.
    """
    newest: dict[int, Hold] = {}
    for hold in holds:
        if hold.lock not in shared or not kinds.is_ordered(locks[hold.lock]):
            yield hold
        elif hold.lock not in newest or newest[hold.lock].since_ns < hold.since_ns:
            newest[hold.lock] = hold
    yield from newest.values()


def _held_by_themselves(
    parts: Iterable[Part],
    locks: Mapping[int, Lock],
    actors: Mapping[int, Actor],
    waits: Sequence[Wait],
) -> Iterator[Hold]:
    """Each living process that somebody joins is held by its main thread, whose id is the pid."""
    joined = [lock for lock in locks.values() if kinds.is_process(lock)]
    if not joined:
        return
    mains = {
        f"process {actor.native_id}": actor.id
        for part in parts
        if not part.fate
        for id in part.snapshot.actors
        if (actor := actors[id]).native_id == part.process.pid and is_live_thread(actor)
    }
    for lock in joined:
        main = mains.get(lock.os_id)
        if main is not None:
            since_ns = min((wait.since_ns for wait in waits if wait.lock == lock.id), default=0)
            yield Hold(lock.id | OF_PROCESS, lock.id, Mode.EXCLUSIVE, main, (), since_ns)


def _history(parts: Sequence[Part], ids: Mapping[int, int], shared: Mapping[int, Lock]) -> History:
    """What the processes have been through; of locks that they share only the orders, for the
    rest is told of each process."""
    pasts = [part.snapshot.history for part in parts]
    nestings = ((p.number, n) for p in parts for n in p.snapshot.history.nestings)
    return History(
        since_ns=min(past.since_ns for past in pasts),
        lost=sum(past.lost for past in pasts),
        full=any(past.full for past in pasts),
        nestings=tuple(joined_nestings(nestings, ids, shared)),
        rereadings=tuple(each for past in pasts for each in past.rereadings),
        overtaken={id: n for past in pasts for id, n in past.overtaken.items()},
        lenient=frozenset(lock for past in pasts for lock in past.lenient),
        traffic={id: t for past in pasts for id, t in past.traffic.items() if id not in ids},
        contention={id: c for past in pasts for id, c in past.contention.items() if id not in ids},
        names={**{id: lock for past in pasts for id, lock in past.names.items()}, **shared},
    )


def _kernel(parts: Sequence[Part], ids: Mapping[int, int]) -> KernelView | None:
    """What the kernel saw of those that still live."""
    views = [
        (part.process.pid, part.snapshot.kernel)
        for part in parts
        if part.snapshot.kernel is not None and not part.fate
    ]
    view = kernel.merged(views)
    if view is None:
        return None
    return kernel.renamed(view, lock=lambda lock: ids.get(lock, lock), other=lambda same: same)


def _present(parts: Sequence[Part]) -> Present | None:
    """What all threads do, of the living processes of which that is known; handlers of signals
    are not known unless it is of all."""
    living = [part.snapshot.present for part in parts if not part.fate]
    seen = [present for present in living if present is not None]
    if not seen:
        return None
    handlers = [present.handlers for present in seen if present.handlers is not None]
    return Present(
        taken_ns=min(present.taken_ns for present in seen),
        threads=tuple(thread for present in seen for thread in present.threads),
        handlers=frozenset().union(*handlers) if len(handlers) == len(living) else None,
        strangers=any(present.strangers for present in seen),
        asleep=frozenset(id for present in seen for id in present.asleep),
    )
