from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.model import Site


def test_two_threads_that_took_two_locks_in_opposite_orders(world):
    world.lock("table").hold("t1", at="swap").wait("t2", age=4, at="fill")
    world.lock("cache").hold("t2", at="fill").wait("t1", age=3, at="swap")
    finding = world.finding("deadlock")
    assert (finding.severity, finding.certainty, finding.count) == ("error", "held by", 2)
    assert finding.message == (
        "Deadlock: t2 holds cache, taken in fill (work.py:20), and waits for table in fill "
        "(work.py:20); t1 holds table, taken in swap (work.py:10), and waits for cache in swap "
        "(work.py:10); neither can go on."
    )
    assert world.names(finding) == ["t2", "t1"]
    assert world.lock_names(finding) == ["table", "cache"]
    assert finding.evidence == {record.id for record in (*world.holds, *world.waits)}


def test_a_ring_that_has_only_just_closed_is_not_told_yet(world):
    """The function of a hold in it may have returned a moment ago, which makes it a leak."""
    world.lock("A").hold("t1", age=9).wait("t2", age=8)
    world.lock("B").hold("t2", age=9).wait("t1", age=0.9)
    assert world.findings("deadlock") == ()


def test_a_closed_ring_is_told_long_before_a_stall_would_be(world):
    world.lock("A").hold("t1", age=2).wait("t2", age=1.1)
    world.lock("B").hold("t2", age=2).wait("t1", age=1.1)
    assert world.kinds() == ["deadlock"]


@pytest.mark.parametrize("size", [3, 7, 40])
def test_a_ring_of_any_length_is_found_once(world, size):
    for n in range(size):
        world.lock(f"L{n}").hold(f"t{n}").wait(f"t{(n + 1) % size}", age=5 - n / 100)
    finding = world.finding("deadlock")
    assert len(finding.locks) == size
    assert f"none of the {size} can go on" in finding.message
    assert world.kinds() == ["deadlock"]


def test_a_long_ring_is_not_told_to_the_end(world):
    for n in range(40):
        world.lock(f"L{n}").hold(f"t{n}").wait(f"t{(n + 1) % 40}")
    assert "and so on through 34 more and back to the first" in world.finding("deadlock").message


def test_the_ring_starts_with_the_longest_wait_whatever_the_order_of_the_snapshot(world):
    for n in range(5):
        world.lock(f"L{n}").hold(f"t{n}").wait(f"t{(n + 1) % 5}", age=9 if n == 2 else 4)
    first = world.finding("deadlock")
    world.waits.reverse()
    world.holds.reverse()
    assert world.finding("deadlock") == first
    assert world.names(first)[0] == "t3"


def test_two_rings_are_two_findings(world):
    for pair in ("ab", "cd"):
        one, other = pair
        world.lock(one).hold(one).wait(other)
        world.lock(other).hold(other).wait(one)
    assert world.kinds() == ["deadlock", "deadlock"]


def test_a_read_asked_again_behind_a_writer_who_waits_for_it(world):
    world.rwlock("table").read("t1", at="outer").wait("w", at="reload", age=4)
    world.rwlock("table").wait_to_read("t1", at="inner", age=3)
    assert world.kinds() == ["deadlock"]
    finding = world.finding("deadlock")
    assert finding.message == (
        "Deadlock by a recursive read: t1 holds table for reading, taken in outer (work.py:10), "
        "and asks to read it again in inner (work.py:30), behind the pending writer w, who waits "
        "in reload (work.py:20) for the first read to end."
    )
    assert world.roles(finding)[0] == ("holder", "outer")


def test_a_reader_back_at_the_line_where_he_read_has_leaked_more_likely_than_read_twice(world):
    lock = world.rwlock("table").read("t1", "t2", at="lookup").wait("w", age=4)
    lock.wait_to_read("t1", "t2", age=3, at="lookup")
    assert world.kinds() == ["blocked-by-pending-writer"]


def test_a_recursive_function_that_reads_at_one_line_is_a_recursive_read(world):
    lock = world.rwlock("table").read("t1", at="walk").wait("w", age=4)
    lock.wait_to_read("t1", age=3, at="walk")
    (inner, *callers), outer = world.waits[-1].stack, Site("/app/work.py", 99, "walk")
    world.waits[-1] = replace(world.waits[-1], stack=(inner, outer, *callers))
    assert world.kinds() == ["deadlock"]


def test_two_locks_taken_in_one_line_make_a_ring_like_any_others(world):
    world.lock("A").hold("t1", at="both").wait("t2", at="other way")
    world.lock("B").hold("t2", at="other way").wait("t1", at="both")
    assert world.kinds() == ["deadlock"]


def test_many_recursive_readers_of_one_writer_are_one_deadlock(world):
    readers = [f"t{n}" for n in range(50)]
    world.rwlock("table").read(*readers).wait("w", age=4).wait_to_read(*readers, age=3)
    finding = world.finding("deadlock")
    assert finding.count == 51
    assert finding.message.endswith("; 49 more are caught with them.")


def test_a_writer_and_a_reader_in_a_ring_through_another_lock(world):
    world.rwlock("table").read("r1").wait("w").wait_to_read("t2", age=3)
    world.lock("cache").hold("t2").wait("r1")
    finding = world.finding("deadlock")
    assert world.names(finding) == ["w", "r1", "t2"]
    assert "t2 holds cache, taken in take (work.py:40), and waits to read table in look" in (
        finding.message
    )
    assert "behind the pending writer w" in finding.message


def test_a_reader_deadlocks_with_a_writer_who_is_writing(world):
    world.rwlock("table").hold("w").wait_to_read("t2")
    world.lock("cache").hold("t2").wait("w")
    assert world.kinds() == ["deadlock"]


def test_a_leaked_hold_is_explained_by_the_leak_and_makes_no_ring(world):
    world.lock("A").hold("t1", returned=True).wait("t2")
    world.lock("B").hold("t2").wait("t1")
    assert world.findings("deadlock") == ()
    world.lock("C").hold("t3").wait("t4")
    world.lock("D").hold("t4").wait("t3")
    world.end("t4")
    assert world.findings("deadlock") == ()


def test_a_wait_inside_a_wait_of_the_same_thread_counts(world):
    world.lock("ready", "Condition").wait("t1", age=9)
    world.lock("ready lock", "RLock", inside="ready").hold("t2").wait("t1")
    world.lock("B").hold("t1").wait("t2")
    assert world.kinds() == ["deadlock"]


def test_semaphores_make_no_ring(world):
    world.lock("slots", "Semaphore").hold("t1").wait("t2")
    world.lock("B").hold("t2").wait("t1")
    assert world.findings("deadlock") == ()


def test_a_task_goes_on_only_if_the_thread_of_its_loop_does(world):
    """A worker waits for a coroutine that it sent to a loop, which waits for the worker's lock."""
    world.lock("cache").hold("worker", age=9).wait("loop", age=4)
    world.lock("answer", "Future").hold("load", age=5).wait("worker", age=5)
    world.task("load")
    native_id = world.actors["loop"].native_id
    world.actors["load"] = replace(world.actors["load"], native_id=native_id)
    finding = world.finding("deadlock")
    assert "loop, in whose event loop load has to go on for answer, waits for cache" in (
        finding.message
    )
    assert "event-loop-blocked" not in world.kinds()
