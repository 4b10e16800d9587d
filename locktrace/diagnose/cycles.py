"""Cycles in a directed graph, without recursion and in linear time."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)


def knots(graph: Mapping[Node, Sequence[Node]]) -> list[list[Node]]:
    """The strongly connected components of two or more nodes: all that lies on cycles.

    Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972), its
    recursion turned into a stack.
    """
    search = _Search(graph)
    for root in graph:
        if root not in search.order:
            search.visit(root)
    return search.found


class _Search(Generic[Node]):
    """`order` numbers the nodes as they are met, `low` is the earliest number that each can
    reach, `path` holds the nodes whose component is not yet known."""

    def __init__(self, graph: Mapping[Node, Sequence[Node]]) -> None:
        self.graph = graph
        self.order: dict[Node, int] = {}
        self.low: dict[Node, int] = {}
        self.path: dict[Node, None] = {}
        self.work: list[tuple[Node, Iterator[Node]]] = []
        self.found: list[list[Node]] = []

    def visit(self, root: Node) -> None:
        self._enter(root)
        while self.work:
            node, successors = self.work[-1]
            unmet = self._next_unmet(node, successors)
            if unmet is not None:
                self._enter(unmet)
                continue
            self.work.pop()
            if self.work:
                caller = self.work[-1][0]
                self.low[caller] = min(self.low[caller], self.low[node])
            if self.low[node] == self.order[node]:
                self._leave(node)

    def _enter(self, node: Node) -> None:
        self.order[node] = self.low[node] = len(self.order)
        self.path[node] = None
        self.work.append((node, iter(self.graph.get(node, ()))))

    def _next_unmet(self, node: Node, successors: Iterator[Node]) -> Node | None:
        for successor in successors:
            if successor not in self.order:
                return successor
            if successor in self.path:
                self.low[node] = min(self.low[node], self.order[successor])
        return None

    def _leave(self, node: Node) -> None:
        component: list[Node] = []
        while not component or component[-1] != node:
            component.append(self.path.popitem()[0])
        if len(component) > 1:
            self.found.append(component)


def shortest_ring(
    graph: Mapping[Node, Sequence[Node]], knot: Sequence[Node], start: Node
) -> list[Node]:
    """The shortest cycle through `start`, beginning with it; successors that come first win ties.

    `knot` is the component of `start`, so there is one.
    """
    inside = set(knot)
    came_from: dict[Node, Node] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for successor in graph.get(node, ()):
            if successor == start:
                return _way_back(came_from, start, node)
            if successor in inside and successor not in came_from:
                came_from[successor] = node
                queue.append(successor)
    raise ValueError(f"{start!r} is on no cycle of its knot")


def _way_back(came_from: Mapping[Node, Node], start: Node, end: Node) -> list[Node]:
    ring = [end]
    while ring[-1] != start:
        ring.append(came_from[ring[-1]])
    return ring[::-1]
