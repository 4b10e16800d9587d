"""Who can go on only after whom: the graph in which a cycle is a deadlock.

An edge says "cannot go on, ever, before the other has moved", so what may resolve by itself
makes none: timed waits, signals, semaphores (anybody may release those) and locks that are
handed over. A hold that is leaked, or may be, makes none either: its holder would not release
it anyway, and the leak explains that wait. Nor does a wait for what the actor holds itself
(`self_deadlock`). A task that waits for nothing itself goes on when the thread of its event loop
does, so what it holds is that thread's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from locktrace.diagnose.cycles import knots, shortest_ring
from locktrace.diagnose.ledger import Ledger
from locktrace.model import Hold, Mode, Wait


class Demand(NamedTuple):
    """A lock wanted in a mode. As a node between its waiters and its holders it keeps the
    graph linear: 1,000 waiters for a lock with 1,000 readers are 2,000 edges, not a million."""

    lock: int
    mode: Mode


Node = int | Demand
"""An actor's id or a demand."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a ring: `wait` cannot end before `hold` is released, or before the writer
    of `behind`, which was there first, has had its turn."""

    wait: Wait
    hold: Hold | None = None
    behind: Wait | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """A cycle that starts with the longest wait in it; `size` counts the actors that are
    knotted together with it, its own included."""

    links: tuple[Link, ...]
    size: int

    def starved_pool(self, ledger: Ledger) -> int | None:
        """The pool that somebody in the ring waits for to have a worker free, if any."""
        for link in self.links:
            if link.hold is not None and link.hold.lock != link.wait.lock:
                return ledger.queued_in(link.wait.lock)
        return None


class WaitGraph:
    """The graph of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waits = {
            actor: tuple(wait for wait in waits if self._is_permanent(wait))
            for actor, waits in ledger.waits_by_actor.items()
        }
        self._writers: dict[int, Wait | None] = {}
        self._successors: dict[Node, list[Node]] = {}
        self._stuck = self._find_stuck()
        for actor, waits in self._waits.items():
            for wait in waits:
                self._add(actor, wait)

    def rings(self) -> Iterator[Ring]:
        """One ring for each knot of actors, the shortest through its longest wait.

        A knot with several cycles (many readers who each hold and ask again) is one deadlock.
        """
        for knot in knots(self._successors):
            actors = [node for node in knot if isinstance(node, int)]
            start = min(actors, key=lambda a: (self._waits[a][0].since_ns, self._waits[a][0].id))
            ring = shortest_ring(self._successors, knot, start)
            yield Ring(tuple(self._links(ring)), len(actors))

    def _is_permanent(self, wait: Wait) -> bool:
        ledger, lock = self._ledger, wait.lock
        return not (
            wait.timed
            or ledger.is_signal(lock)
            or ledger.is_semaphore(lock)
            or ledger.is_handed_over(lock)
            or ledger.own_conflict(wait)
        )

    def _add(self, actor: int, wait: Wait) -> None:
        demand = Demand(wait.lock, wait.mode)
        edges = self._successors.setdefault(actor, [])
        edges.append(demand)
        if demand not in self._successors:
            movers = dict.fromkeys(self._mover(hold) for hold in self._obstacles(demand))
            self._successors[demand] = list(movers)
        writer = self._pending_writer(wait)
        if writer is not None:
            edges.append(writer.actor)

    def _obstacles(self, demand: Demand) -> Iterator[Hold]:
        """The holds to be released before `demand` can be met, oldest first.

        Of a crew each member could end the wait: only if none ever will, each of them is in the
        way.
        """
        crew = self._crew(demand.lock)
        if crew is not None:
            yield from crew if all(self._mover(hold) in self._stuck for hold in crew) else ()
            return
        for hold in self._ledger.holds.get(demand.lock, ()):
            excludes = Mode.EXCLUSIVE in (demand.mode, hold.mode)
            if excludes and self._ledger.is_answered_for(hold):
                yield hold

    def _mover(self, hold: Hold) -> int:
        """Who has to go on for `hold` to end: its actor, or the thread that a task needs."""
        actor = self._ledger.snapshot.actors.get(hold.actor)
        if actor is None or actor.kind != "task" or self._waits.get(hold.actor):
            return hold.actor
        thread = self._ledger.actor_at(actor.native_id)
        return thread if thread is not None and self._waits.get(thread) else hold.actor

    def _crew(self, lock: int) -> tuple[Hold, ...] | None:
        """Holds any one of which may end the waits for `lock`; None where each of them must.

        Work that is queued in a pool is begun by whichever worker is free first, and of tasks
        that are awaited together one that fails ends the wait for the others.
        """
        pool = self._ledger.queued_in(lock)
        if pool is not None:
            return self._ledger.holds.get(pool, ())
        return self._ledger.holds.get(lock, ()) if self._ledger.is_crew(lock) else None

    def _find_stuck(self) -> frozenset[int]:
        """The actors of which none can go on unless another of them does.

        The greatest set that is closed in this way: from all who wait, those are taken out
        who may go on, until nobody is. Needed only where there is a wait for a crew.
        """
        queued = any(
            self._crew(wait.lock) is not None for waits in self._waits.values() for wait in waits
        )
        stuck = {actor for actor, waits in self._waits.items() if waits} if queued else set()
        while True:
            free = {actor for actor in stuck if not self._is_stuck(actor, stuck)}
            if not free:
                return frozenset(stuck)
            stuck -= free

    def _is_stuck(self, actor: int, stuck: set[int]) -> bool:
        return any(self._is_held_up(wait, stuck) for wait in self._waits[actor])

    def _is_held_up(self, wait: Wait, stuck: set[int]) -> bool:
        crew = self._crew(wait.lock)
        if crew is not None:
            return bool(crew) and all(self._mover(hold) in stuck for hold in crew)
        if any(self._mover(h) in stuck for h in self._obstacles(Demand(wait.lock, wait.mode))):
            return True
        writer = self._pending_writer(wait)
        return writer is not None and writer.actor in stuck

    def _pending_writer(self, wait: Wait) -> Wait | None:
        """The writer that a reader queues behind: the first to have come, if before the reader.

        Only while others read: the end of a write admits the readers who wait, whatever
        writer has come meanwhile.
        """
        if wait.mode is not Mode.SHARED:
            return None
        lock = wait.lock
        if lock not in self._writers:
            self._writers[lock] = self._ledger.pending_writer(lock)
        first = self._writers[lock]
        if first is None or first.actor == wait.actor:
            return None
        return first if self._ledger.is_behind(wait, first) else None

    def _links(self, ring: list[Node]) -> Iterator[Link]:
        for position, node in enumerate(ring):
            if isinstance(node, Demand):
                continue
            following = ring[(position + 1) % len(ring)]
            if isinstance(following, Demand):
                holder = ring[(position + 2) % len(ring)]
                wait = self._wait_for(node, following)
                hold = next(h for h in self._obstacles(following) if self._mover(h) == holder)
                yield Link(wait, hold=hold)
            else:
                yield self._link_behind(node, following)

    def _wait_for(self, actor: int, demand: Demand) -> Wait:
        return next(w for w in self._waits[actor] if (w.lock, w.mode) == demand)

    def _link_behind(self, reader: int, writer: int) -> Link:
        for wait in self._waits[reader]:
            pending = self._pending_writer(wait)
            if pending is not None and pending.actor == writer:
                return Link(wait, behind=pending)
        raise ValueError("the graph has an edge that no wait has made")


def evidence(links: Iterable[Link]) -> frozenset[int]:
    """Ids of all holds and waits in `links`."""
    records = [record for link in links for record in (link.wait, link.hold, link.behind)]
    return frozenset(record.id for record in records if record is not None)
