"""Nodes and edges. Node 0 is the end by return, node 1 the end by an exception."""

from __future__ import annotations

from dataclasses import dataclass, field

from locktrace.scan.records import Operation

RETURNED = 0
RAISED = 1


@dataclass(slots=True)
class Node:
    """``next`` holds (node, label); labels: ``""``, ``true``, ``false``, ``raise``."""

    line: int
    operation: Operation | None = None
    next: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Graph:
    nodes: list[Node] = field(default_factory=lambda: [Node(0), Node(0)])
    entry: int = RETURNED

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1
