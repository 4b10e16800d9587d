"""Event loops, writers and convoys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.model import Actor, Mode, Site

SECOND = 1_000_000_000


# -- event-loop-blocked


def in_a_callback(world):
    wait = world.waits[-1]
    handle = Site("/lib/asyncio/events.py", 84, "Handle._run")
    world.waits[-1] = replace(wait, stack=(*wait.stack, handle))


def test_a_threads_lock_that_holds_up_the_loop(world):
    world.lock("cache").hold("worker", at="fill").wait("MainThread", age=0.8, at="lookup")
    in_a_callback(world)
    finding = world.finding("event-loop-blocked")
    assert (finding.severity, finding.certainty) == ("warning", "held by")
    assert finding.message == (
        "The event loop has stood still for 800 ms: MainThread waits for cache in lookup "
        "(work.py:20), which blocks the whole thread, and every task with it; the lock is held by "
        "worker, who took it 5.0 s ago in fill (work.py:10)."
    )


def test_it_is_an_error_once_it_is_a_stall_and_told_as_such_no_more(world):
    world.lock("cache").hold("worker").wait("MainThread", age=3.5)
    in_a_callback(world)
    assert world.kinds() == ["event-loop-blocked"]
    assert world.finding("event-loop-blocked").severity == "error"


def test_a_task_that_waits_for_an_event_of_threads(world):
    world.lock("ready", "Event").wait("Task-1", age=0.8)
    actor = world.actors["Task-1"]
    world.actors["Task-1"] = Actor(actor.id, "Task-1", "task", actor.native_id)
    assert "waits for ready" in world.finding("event-loop-blocked").message


def test_asyncios_own_locks_let_the_loop_go_on(world):
    world.lock("cache", "asyncio.Lock").hold("Task-2").wait("Task-1", age=2)
    in_a_callback(world)
    assert world.findings() == ()


def test_other_threads_may_wait(world):
    world.lock("cache").hold("worker").wait("helper", age=2)
    assert world.findings() == ()


def test_a_lock_held_across_an_await_by_the_thread_that_now_wants_it(world):
    world.lock("A").hold("loop", age=3, at="fetch").wait("loop", age=2.5, at="handle")
    in_a_callback(world)
    finding = world.finding("self-deadlock")
    assert finding.message.endswith(" With it the event loop and all its tasks stand still.")
    assert world.kinds() == ["self-deadlock"]


def test_nobody_is_known_to_hold_what_the_loop_waits_for(world):
    world.lock("A").wait("loop", age=1, at="handle")
    in_a_callback(world)
    assert world.finding("event-loop-blocked").message.endswith(
        "every task with it; no holder is known."
    )


# -- writer-starvation


@pytest.fixture
def table(world):
    return world.rwlock("table")


def let_in(world, number):
    (wait,) = [wait for wait in world.waits if wait.mode is Mode.EXCLUSIVE]
    world.past.waiting(wait)
    for n in range(number):
        world.run(f"r{n % 3}", "r+table", "-table", at="read", age=1.0)


def test_a_writer_who_is_passed_by_readers_who_came_later(world, table):
    table.read("r0", age=0.1).wait("w", age=2, at="reload")
    let_in(world, 40)
    finding = world.finding("writer-starvation")
    assert (finding.severity, finding.count) == ("warning", 40)
    assert finding.message == (
        "w has waited 2.0 s to write table in reload (work.py:20), while 40 readers who came later "
        "were let in: the lock is never free for a writer."
    )


def test_one_who_has_waited_long_is_no_stall_beside_it(world, table):
    table.read("r0", age=0.1).wait("w", age=4, at="reload")
    let_in(world, 40)
    assert [(f.kind, f.severity) for f in world.findings()] == [("writer-starvation", "error")]


def test_a_few_readers_may_have_been_on_their_way(world, table):
    table.read("r0", age=0.1).wait("w", age=2)
    let_in(world, 5)
    assert world.findings("writer-starvation") == ()


def test_a_lock_that_lets_readers_in_no_more_starves_nobody(world, table):
    """Its writer was passed while it came, and the readers have queued behind it since."""
    table.read("r0", age=3).wait("w", age=2, at="reload")
    let_in(world, 40)
    table.wait_to_read("r1", age=1.5)
    assert world.findings("writer-starvation") == ()


# -- convoy


def traffic(world, name, *, acquisitions=400, contended=400, waited=15.0, held=4.0):
    lock = world.lock(name)
    at_ns = 1000 * SECOND
    world.past.define(world.locks[name], None)
    world.past.tick(at_ns - 5 * SECOND, {lock.id: (0, 0, 0, 0)})
    totals = (acquisitions, contended, round(waited * SECOND), round(held * SECOND))
    world.past.tick(at_ns, {lock.id: totals})


def test_threads_that_queue_again_and_again(world):
    traffic(world, "stats")
    finding = world.finding("convoy")
    assert finding.message == (
        "stats: 3.0 threads are queueing on average over the last 5.0 s; 100 % of 400 acquires had "
        "to wait, 38 ms each for a lock that is held 10 ms."
    )


def test_a_busy_lock_that_is_mostly_free(world):
    traffic(world, "stats", contended=40, waited=0.4)
    assert world.findings() == ()


def test_a_pair_of_threads_that_meet_now_and_then(world):
    traffic(world, "stats", acquisitions=12, contended=12)
    assert world.findings() == ()


def test_permits_are_queued_for_by_design(world):
    world.lock("slots", "Semaphore")
    traffic(world, "slots")
    assert world.findings() == ()


def test_a_convoy_is_the_same_one_whoever_has_the_lock_when_it_is_seen(world):
    traffic(world, "stats")
    free = world.finding("convoy")
    world.lock("stats").hold("t1", age=0.01, at="update").wait("t2", age=0.01)
    assert world.finding("convoy").key == free.key
