from __future__ import annotations

import pytest

KIND = "held-while-blocking"


def test_a_holder_that_sleeps_while_others_wait(world):
    world.lock("connection").hold("exporter", at="fetch").wait("h1", "h2", age=1.2)
    world.see(exporter="sleeps")
    finding = world.finding(KIND)
    assert (finding.severity, finding.count) == ("warning", 2)
    assert finding.message == (
        "exporter sleeps in busy (work.py:30) while it holds connection, taken in fetch "
        "(work.py:10); 2 threads want it, the longest for 1.2 s."
    )
    assert world.roles(finding)[:2] == [("holder", "fetch"), ("blocked", "busy")]


def test_the_stall_that_comes_of_it_says_it_too(world):
    world.lock("connection").hold("exporter", at="fetch").wait("h1", age=3.2)
    world.see(exporter="reads from a socket")
    assert "and now reads from a socket in busy" in world.finding("stall").message


@pytest.mark.parametrize("kind", ["Event", "Queue", "Thread", "Future"])
def test_a_holder_that_waits_to_be_told(world, kind):
    world.lock("table").hold("t1").wait("t2", age=1.5)
    world.lock("other", kind).wait("t1", age=2)
    assert "t1 waits for other" in world.finding(KIND).message


def test_a_nested_monitor_is_told_as_one(world):
    world.lock("outer").hold("t1").wait("notifier", age=1.5)
    world.lock("ready", "Condition").wait("t1", age=2)
    assert "needs outer first, nobody goes on (nested monitor lockout)" in (
        world.finding(KIND).message
    )


def test_a_timed_wait_for_a_condition_locks_nobody_out_for_ever(world):
    world.lock("outer").hold("t1").wait("notifier", age=1.5)
    world.lock("ready", "Condition").wait("t1", age=2, timed=True)
    assert "lockout" not in world.finding(KIND).message


def test_nobody_wants_it(world):
    world.lock("connection").hold("exporter", at="fetch")
    world.see(exporter="sleeps")
    assert world.findings(KIND) == ()


def test_they_have_only_just_come(world):
    world.lock("connection").hold("exporter", at="fetch").wait("h1", age=0.3)
    world.see(exporter="sleeps")
    assert world.findings(KIND) == ()


def test_a_holder_that_works(world):
    world.lock("connection").hold("exporter", at="fetch").wait("h1", age=1.2)
    world.see(exporter="")
    assert world.findings(KIND) == ()


def test_a_holder_in_a_chain_of_plain_locks(world):
    world.lock("A").hold("t1").wait("t2", age=1.5)
    world.lock("B").hold("t3").wait("t1", age=1.5)
    assert world.findings(KIND) == ()


def test_permits_and_locks_handed_over(world):
    world.lock("slots", "Semaphore").hold("t1").wait("t2", age=2)
    world.lock("baton", foreign_releases=2).hold("t1").wait("t3", age=2)
    world.see(t1="sleeps")
    assert world.findings(KIND) == ()


def blocked_for_a_while(world):
    """`held` had `table`, waited for the queue for 300 ms, and `wanting` for `table` meanwhile."""
    table, jobs = world.lock("table"), world.lock("jobs", "Queue")
    for lock in world.locks.values():
        world.past.define(lock, None)
    table.hold("held", age=2, at="take").wait("wanting", age=1.8)
    jobs.wait("held", age=1.9, at="get")
    (hold,), (wanting, get) = world.holds, world.waits
    world.past.acquired(hold, 0)
    world.past.waiting(get)
    world.past.waiting(wanting)
    world.past.waited(get, wanting.since_ns + 300_000_000)
    world.holds.clear()
    world.waits.clear()
    return table


def test_what_was_blocked_for_a_while_is_remembered(world):
    blocked_for_a_while(world)
    finding = world.finding(KIND)
    assert finding.severity == "info"
    assert "held waited for jobs in get" in finding.message
    assert "which others wanted: for 300 ms at most, 1 time in this run" in finding.message


def test_who_blocks_after_a_leak_is_not_blamed_for_it(world):
    blocked_for_a_while(world).hold("held", at="take", returned=True)
    assert world.findings(KIND) == ()
