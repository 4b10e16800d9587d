"""Deadlocks in random worlds, against a thread-by-thread search that tries every way."""

from __future__ import annotations

import random

import pytest

THREADS = [f"t{n}" for n in range(7)]


def tell_random_story(world, seed):
    chance = random.Random(seed)
    for n in range(chance.randint(1, 6)):
        lock = world.rwlock(f"L{n}")
        if chance.random() < 0.4:
            lock.read(*chance.sample(THREADS, chance.randint(1, 3)), returned=chance.random() < 0.1)
        else:
            lock.hold(chance.choice(THREADS))
    for thread in THREADS:
        if chance.random() < 0.8:
            lock = chance.choice(list(world.locks))
            wish = chance.choice([world.rwlock(lock).wait, world.rwlock(lock).wait_to_read])
            wish(thread, age=chance.uniform(1, 3), timed=chance.random() < 0.1)


def blockers(snapshot, wait):
    """By the book: the actors of whom each must move before `wait` can ever end."""
    holds = [hold for hold in snapshot.holds if hold.lock == wait.lock]
    blocking = [h for h in holds if "exclusive" in (h.mode, wait.mode)]
    if wait.timed or any(hold.actor == wait.actor for hold in blocking):
        return set()
    who = {hold.actor for hold in blocking if not hold.returned}
    if wait.mode == "shared" and holds and all(hold.mode == "shared" for hold in holds):
        queue = sorted(snapshot.waits, key=lambda waiting: waiting.since_ns)
        writers = [w for w in queue if w.lock == wait.lock and w.mode == "exclusive"]
        if writers and writers[0].since_ns < wait.since_ns and not writers[0].timed:
            who.add(writers[0].actor)
    return who - {wait.actor}


def stuck_in_rings(snapshot):
    """Sets of actors who can each be reached from each other."""
    edges = {wait.actor: blockers(snapshot, wait) for wait in snapshot.waits}

    def reach(start):
        reached, todo = set(), list(edges.get(start, ()))
        while todo:
            actor = todo.pop()
            if actor not in reached:
                reached.add(actor)
                todo += edges.get(actor, ())
        return reached

    rings = {frozenset(b for b in reach(a) if a in reach(b)) for a in edges}
    return {ring for ring in rings if len(ring) > 1}, edges


@pytest.mark.parametrize("seed", range(200))
def test_deadlocks_are_those_of_an_exhaustive_search(world, seed):
    tell_random_story(world, seed)
    expected, edges = stuck_in_rings(world.look())
    findings = world.findings("deadlock")
    assert len(findings) == len(expected)
    for finding in findings:
        (knot,) = [ring for ring in expected if set(finding.actors) <= ring]
        assert finding.count == len(knot)
        following = [*finding.actors[1:], finding.actors[0]]
        assert all(b in edges[a] for a, b in zip(finding.actors, following, strict=True))


def test_the_random_stories_have_rings_of_many_sizes(new_world):
    """So that the test above cannot pass by finding nothing."""
    sizes = set()
    for seed in range(200):
        world = new_world()
        tell_random_story(world, seed)
        sizes |= {len(ring) for ring in stuck_in_rings(world.look())[0]}
    assert {2, 3, 4} <= sizes
