"""The graph's cycles against a search that tries every way."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from locktrace.diagnose.cycles import knots, shortest_ring


def reachable(graph, start):
    """Every node that can be reached from `start` by one edge or more."""
    reached, todo = set(), list(graph.get(start, ()))
    while todo:
        node = todo.pop()
        if node not in reached:
            reached.add(node)
            todo += graph.get(node, ())
    return reached


def distance_back(graph, start):
    """The length of the shortest cycle through `start`."""
    level, length = {start}, 0
    while level:
        length += 1
        level = {successor for node in level for successor in graph.get(node, ())}
        if start in level:
            return length
    return None


def random_graph(seed):
    chance = random.Random(seed)
    size = chance.randint(1, 14)
    edges = chance.randint(0, 2 * size)
    graph = {node: [] for node in range(size)}
    for _ in range(edges):
        source, target = chance.randrange(size), chance.randrange(size)
        if source != target and target not in graph[source]:
            graph[source].append(target)
    return graph


@pytest.mark.parametrize("seed", range(100))
def test_knots_are_the_nodes_that_reach_each_other(seed):
    graph = random_graph(seed)
    expected = set()
    for node in graph:
        knot = {other for other in reachable(graph, node) if node in reachable(graph, other)}
        if len(knot) > 1:
            expected.add(frozenset(knot))
    assert {frozenset(knot) for knot in knots(graph)} == expected


@pytest.mark.parametrize("seed", range(100))
def test_each_node_of_a_knot_lies_on_a_ring_that_is_shortest(seed):
    graph = random_graph(seed)
    for knot in knots(graph):
        for start in knot:
            ring = shortest_ring(graph, knot, start)
            assert ring[0] == start
            assert len(set(ring)) == len(ring) == distance_back(graph, start)
            assert all(b in graph[a] for a, b in pairwise([*ring, start]))


def test_a_chain_as_long_as_a_big_process_needs_no_recursion():
    graph = {node: [node + 1] for node in range(200_000)}
    assert knots(graph) == []
    graph[199_999] = [0]
    assert len(knots(graph)[0]) == 200_000
