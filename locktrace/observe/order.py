"""In which order actors take locks: what nests in what, and who reads what he reads already.

Fed with the holds of one process as they begin and end. Kept for each pair of lock classes,
as the kernel's lockdep does (a class is what one line of the program makes), so that it is
bounded by the program's text and not by how long it runs.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from locktrace.model import Certainty, Hold, Lock, Mode, Nesting, Rereading
from locktrace.snapshots import kinds

MAX_NESTINGS = 4096
MAX_AMONG_EQUALS = 1024
MAX_REREADINGS = 256
MAX_KEPT = 16  # pairs of locks and actors that one nesting remembers

Key = tuple[int, int, Mode, Mode]


@dataclass(slots=True)
class _Edge:
    outer: Hold
    inner: Hold
    locks: set[tuple[int, int]]
    actors: set[int]
    gates: frozenset[int]
    count: int = 1

    def see(self, outer: Hold, inner: Hold, mine: list[Hold]) -> bool:
        """Once more; the first time without a gate that stood before is the one to show."""
        self.count += 1
        if len(self.actors) < MAX_KEPT:
            self.actors.add(inner.actor)
        if len(self.locks) < MAX_KEPT:
            self.locks.add((outer.lock, inner.lock))
        if self.gates:
            left = self.gates & gates(outer, mine)
            if left != self.gates:
                self.gates, self.outer, self.inner = left, outer, inner
                return True
        return False

    def frozen(self, key: Key) -> Nesting:
        return Nesting(
            key[0],
            key[1],
            self.outer,
            self.inner,
            frozenset(self.locks),
            frozenset(self.actors),
            self.gates,
            self.count,
        )


class LockOrder:
    """`begin` and `end` are called for every hold: they are the observer's hot path.

    `version` changes with every fact that is new; counts alone do not change it. `spoken` are
    the locks that stand for a fact.
    """

    def __init__(self) -> None:
        self.version = 0
        self.full = False
        self.spoken: set[int] = set()
        self._classes: dict[object, int] = {}
        self._class_of: dict[int, int] = {}
        self._mine: dict[int, list[Hold]] = {}
        self._edges: dict[Key, _Edge] = {}
        self._rereadings: dict[object, Rereading] = {}
        self._among_equals = 0
        self._doubtful: dict[int, list[Hold]] = {}

    def define(self, lock: Lock, parent: Lock | None) -> None:
        """`lock` is there, or has another name; locks without an order are left out of it."""
        if kinds.is_ordered(lock) and (parent is None or kinds.is_signal(parent)):
            name: object = (lock.kind, kinds.class_name(lock.name), lock.created_at)
            if lock.created_at is None and lock.os_id:
                name = lock.os_id  # what has come from another process was made by no line here
            self._class_of[lock.id] = self._classes.setdefault(name, len(self._classes) + 1)

    def forget(self, lock: int) -> None:
        self._class_of.pop(lock, None)

    def begin(self, hold: Hold, may_block: int) -> None:
        """`hold` has begun; what could not block can close no ring, nor what is only likely."""
        if hold.certainty is not Certainty.HELD_BY:
            return
        mine = self._mine.get(hold.actor)
        if mine is None:
            self._mine[hold.actor] = [hold]
            return
        if mine and may_block:
            self._nest(mine, hold)
        mine.append(hold)

    def end(self, hold: Hold) -> None:
        """`hold` is over, or left behind by its function."""
        mine = self._mine.get(hold.actor)
        if not mine:
            return
        if mine[-1] is hold:
            mine.pop()
        else:
            mine[:] = [other for other in mine if other.id != hold.id]
        if self._doubtful:
            self._confirm(hold)

    def keep_actors(self, known: Container[int]) -> None:
        """The others have ended and hold nothing."""
        self._mine = {actor: mine for actor, mine in self._mine.items() if actor in known}

    def held_by(self, actor: int) -> list[Hold]:
        """The locks with an order that `actor` holds, in the order in which it took them."""
        return [hold for hold in self._mine.get(actor, ()) if hold.lock in self._class_of]

    def restart(self, holds: list[Hold]) -> None:
        """What is held has been told anew; `holds` are in the order in which they began."""
        self._doubtful.clear()
        self._mine.clear()
        for hold in holds:
            if not hold.returned and hold.certainty is Certainty.HELD_BY:
                self._mine.setdefault(hold.actor, []).append(hold)

    def nestings(self) -> tuple[Nesting, ...]:
        return tuple(edge.frozen(key) for key, edge in self._edges.items())

    def rereadings(self) -> tuple[Rereading, ...]:
        return tuple(self._rereadings.values())

    def _nest(self, mine: list[Hold], inner: Hold) -> None:
        class_of = self._class_of
        to = class_of.get(inner.lock)
        if to is None:
            return
        for outer in mine:
            if outer.lock == inner.lock:
                if inner.mode is Mode.SHARED and outer.mode is Mode.SHARED:
                    self._doubtful.setdefault(outer.id, []).append(inner)
                continue
            start = class_of.get(outer.lock)
            if start is None:
                continue
            if start == to:  # of one class: only the very locks tell an order
                key = (-outer.lock, -inner.lock, outer.mode, inner.mode)
            else:
                key = (start, to, outer.mode, inner.mode)
            edge = self._edges.get(key)
            if edge is not None:
                if edge.see(outer, inner, mine):
                    self.version += 1
                    self.spoken |= {outer.lock, inner.lock}
            elif self._has_room(start == to):
                self.version += 1
                self.spoken |= {outer.lock, inner.lock}
                self._edges[key] = _Edge(
                    outer,
                    inner,
                    {(outer.lock, inner.lock)},
                    {inner.actor},
                    gates(outer, mine),
                )
            else:
                self.full = True

    def _has_room(self, of_one_class: bool) -> bool:
        """Locks of one class are as many as the program makes: they have a share of their own."""
        if not of_one_class:
            return len(self._edges) < MAX_NESTINGS
        self._among_equals += 1
        return self._among_equals <= MAX_AMONG_EQUALS

    def _confirm(self, outer: Hold) -> None:
        """The outer read has been let go, so it was none that an earlier call had leaked."""
        for inner in self._doubtful.pop(outer.id, ()):
            if not is_called_from(inner, outer):
                continue
            key = (self._class_of.get(outer.lock, 0), outer.site, inner.site)
            known = self._rereadings.get(key)
            if known is not None:
                self._rereadings[key] = Rereading(known.outer, known.inner, known.count + 1)
            elif len(self._rereadings) < MAX_REREADINGS:
                self.version += 1
                self.spoken.add(outer.lock)
                self._rereadings[key] = Rereading(outer, inner, 1)
            else:
                self.full = True


def gates(outer: Hold, mine: list[Hold]) -> frozenset[int]:
    """The locks that keep everybody else out while `outer` is held and another is asked for."""
    return frozenset(h.lock for h in mine if h.mode is Mode.EXCLUSIVE and h.lock != outer.lock)


def is_called_from(inner: Hold, outer: Hold) -> bool:
    """Whether the function that answers for `outer` is still running where `inner` is taken."""
    if outer.site is None or inner.site is None or outer.actor != inner.actor:
        return False
    place = (outer.site.file, outer.site.function)
    callers = inner.stack[inner.site_index + 1 :]
    if any((frame.file, frame.function) == place for frame in callers):
        return True
    same = (inner.site.file, inner.site.function) == place
    return same and inner.site.line != outer.site.line
