"""LT203: locks that are taken in one order here and in another there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.records import Finding, Step
from locktrace.scan.rules.base import ProjectRule

if TYPE_CHECKING:
    from locktrace.scan.calls import CallGraph, Edge

_LONGEST = 5


class OrderInversion(ProjectRule):
    code = "LT203"
    name = "order-inversion"
    severity = Severity.WARNING
    kinds = ("lock-order-inversion", "deadlock")
    page = """\
Two functions take the same locks in different orders: each can come to hold one and wait for the
other's.

    def query(self):
        with self.cache_lock:
            with self.table_lock: ...

    def reload(self):
        with self.table_lock:
            with self.cache_lock: ...        # deadlock, if query() is between its two lines

Circles of up to five locks are found, along the calls of the project. Locks are told apart by the
class and attribute that they belong to.

Remedy: one order for all, written down; or do not call out while holding a lock.

Not blamed: orders that a third lock keeps apart, and circles of read locks only.
"""

    def check(self, calls: CallGraph) -> Iterator[Draft]:
        graph: dict[str, dict[str, list[Edge]]] = defaultdict(lambda: defaultdict(list))
        for edge in calls.order():
            graph[edge.first.lock.id][edge.second.id].append(edge)
        told: set[frozenset[str]] = set()
        for start in sorted(graph):
            for circle in _circles(graph, start):
                locks = frozenset(circle)
                if locks in told:
                    continue
                edges = _agreeing(
                    [
                        graph[one][two]
                        for one, two in zip(circle, (*circle[1:], circle[0]), strict=True)
                    ]
                )
                if edges:
                    told.add(locks)
                    yield Draft(self._finding(edges))

    def _finding(self, edges: list[Edge]) -> Finding:
        first = edges[0]
        steps: list[Step] = []
        for edge in edges:
            steps.append(
                Step(
                    edge.first.line,
                    f"{edge.function} holds {edge.first.lock.name} from here",
                    edge.file,
                )
            )
            steps += edge.chain
            steps.append(Step(edge.line, f"and takes {edge.second.name}", edge.at_file))
        names = " and ".join(dict.fromkeys(edge.first.lock.name for edge in edges))
        others = ", ".join(dict.fromkeys(f"{edge.function}" for edge in edges[1:]))
        message = f"{first.function} and {others} take {names} in different orders"
        return Finding(
            self.code,
            self.name,
            self.severity,
            first.file,
            first.chain[0].line if first.chain else first.line,
            first.function,
            names,
            message,
            tuple(steps),
        )


def _circles(graph: dict[str, dict[str, list[Edge]]], start: str) -> Iterator[tuple[str, ...]]:
    """Simple circles from `start` through names that come after it, so that each is found once."""
    stack: list[tuple[str, ...]] = [(start,)]
    while stack:
        path = stack.pop()
        for following in sorted(graph[path[-1]]) if path[-1] in graph else ():
            if following == start and len(path) > 1:
                yield path
            elif following > start and following not in path and len(path) < _LONGEST:
                stack.append((*path, following))


def _agreeing(choices: list[list[Edge]]) -> list[Edge] | None:
    """One edge for each step of the circle, so that they can meet: no common gate, not all
    readers.
    """

    def extend(chosen: list[Edge]) -> list[Edge] | None:
        at = len(chosen)
        if at == len(choices):
            return chosen if _meets(chosen[-1], chosen[0]) else None
        for edge in choices[at]:
            if (not chosen or _meets(chosen[-1], edge)) and not any(
                e.gates & edge.gates for e in chosen
            ):
                found = extend([*chosen, edge])
                if found:
                    return found
        return None

    return extend([])


def _meets(before: Edge, after: Edge) -> bool:
    """Who waits by `before` can be kept waiting by who holds by `after`."""
    return not (before.mode == "shared" and after.first.mode == "shared")
