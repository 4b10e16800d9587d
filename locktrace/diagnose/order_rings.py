"""Rings in the order of locks: nestings that, done at one time, would wait for each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from locktrace.diagnose.cycles import knots
from locktrace.model import History, Hold, Mode, Nesting

Ring = tuple[Nesting, ...]

MAX_STEPS = 50_000  # of the search in one look: a ring of any length is found, not every ring


@lru_cache(maxsize=4)
def rings(history: History) -> tuple[Ring, ...]:
    """The rings of `history`, shortest first, none that contains another one's locks.

    Each nesting in a ring waits for what the next one holds, in modes that exclude each
    other; no two of them stand under a common gate, for then they cannot be at one time;
    and not all were done by one and the same actor.
    """
    graph: defaultdict[int, list[Nesting]] = defaultdict(list)
    for nesting in history.nestings:
        graph[nesting.outer_class].append(nesting)
    search = _Search(graph)
    found = [
        ring
        for knot in knots({node: [n.inner_class for n in out] for node, out in graph.items()})
        for ring in search.rings_in(frozenset(knot))
    ]
    found.sort(key=lambda ring: (len(ring), not meets(ring)))
    told: list[frozenset[int]] = []
    kept: list[Ring] = []
    for ring in found:
        classes = frozenset(nesting.outer_class for nesting in ring)
        if not any(other <= classes for other in told):
            told.append(classes)
            kept.append(ring)
    return tuple(kept)


def meets(ring: Ring) -> bool:
    """Whether it has been seen with the same locks at each joint, not only others of the class."""
    return all(
        {inner for _, inner in nesting.locks} & {outer for outer, _ in after.locks}
        for nesting, after in zip(ring, (*ring[1:], ring[0]), strict=True)
    )


class _Search:
    """Simple cycles, each found once: from its lowest class, through higher ones only."""

    def __init__(self, graph: dict[int, list[Nesting]]) -> None:
        self._graph = graph
        self._steps = 0

    def rings_in(self, knot: frozenset[int]) -> Iterator[Ring]:
        for start in sorted(knot):
            for first in self._graph.get(start, ()):
                yield from self._extend([first], knot, start)

    def _extend(self, path: list[Nesting], knot: frozenset[int], start: int) -> Iterator[Ring]:
        """Depth first, with a stack of its own: a ring may be long."""
        work = [(path, frozenset(path[0].gates))]
        while work and self._steps < MAX_STEPS:
            path, gates = work.pop()
            self._steps += 1
            last = path[-1]
            if last.inner_class == start:
                if excludes(last.inner, path[0].outer) and _by_several(path):
                    yield tuple(path)
                continue
            passed = {nesting.outer_class for nesting in path}
            for following in self._graph.get(last.inner_class, ()):
                onward = following.outer_class
                if onward not in knot or onward in passed or onward < start:
                    continue
                if excludes(last.inner, following.outer) and not gates & following.gates:
                    work.append(([*path, following], gates | following.gates))


def excludes(one: Hold, other: Hold) -> bool:
    """Whether a lock cannot be had in both modes at one time."""
    return Mode.EXCLUSIVE in (one.mode, other.mode)


def _by_several(ring: Iterable[Nesting]) -> bool:
    return len(frozenset[int]().union(*(nesting.actors for nesting in ring))) > 1
