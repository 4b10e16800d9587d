"""Twins of the faults, which must not be blamed."""

from __future__ import annotations

import pytest


def test_a_quick_write_with_readers_behind_it(world):
    world.rwlock("table").read("r1", age=0.4).wait("w", age=0.3).wait_to_read("r2", age=0.2)
    assert world.findings() == ()


@pytest.mark.parametrize("kind", ["Condition", "Event", "asyncio.Event"])
def test_idle_workers_who_wait_to_be_told_something(world, kind):
    world.lock("work_ready", kind).wait("worker-1", "worker-2", age=3600)
    assert world.findings() == ()


def test_an_idle_worker_inside_condition_wait_and_the_lock_it_blocks_on(world):
    world.lock("ready", "Condition").wait("worker", age=3600)
    world.lock("ready waiter").hold("worker", age=3600).wait("worker", age=3600)
    assert world.findings("self-deadlock", "stall", "deadlock") == ()


def test_threads_that_will_give_up_by_themselves_are_no_deadlock(world):
    world.lock("A").hold("t1").wait("t2", timed=True)
    world.lock("B").hold("t2").wait("t1")
    assert world.findings("deadlock", "self-deadlock") == ()


def test_a_thread_that_waits_for_itself_but_gives_up(world):
    world.lock("A").hold("t1").wait("t1", timed=True)
    assert world.findings("self-deadlock") == ()


def test_a_lock_that_one_thread_takes_and_another_releases_is_not_leaked(world):
    world.lock("baton", foreign_releases=7).hold("producer", age=60, returned=True)
    assert world.findings() == ()


def test_a_lock_handed_over_makes_no_deadlock(world):
    world.lock("A", foreign_releases=1).hold("t1").wait("t2", "t1")
    world.lock("B").hold("t2").wait("t1")
    assert world.findings("deadlock", "self-deadlock") == ()


def test_a_thread_that_waits_for_a_lock_it_took_and_others_release(world):
    world.lock("wake_up", foreign_releases=40).hold("sleeper", age=600).wait("sleeper", age=600)
    assert world.findings() == ()


def test_a_lock_that_was_born_locked_to_serve_as_a_signal(world):
    done = world.lock("done", made_in="Job.__init__")
    done.hold("main", age=60, at="Job.__init__", returned=True).wait("main", age=50)
    assert world.findings() == ()


def test_a_lock_taken_twice_by_the_function_that_made_it_is_no_signal(world):
    world.lock("lock", made_in="main").hold("t1", at="main").wait("t1", at="main")
    assert world.kinds() == ["self-deadlock"]


def test_waiting_for_a_lock_that_is_handed_over_is_told_as_information_only(world):
    world.lock("baton", foreign_releases=3).hold("t1").wait("t2")
    finding = world.finding("stall")
    assert (finding.severity, finding.certainty) == ("info", "likely held by")


def test_a_thread_that_takes_its_rlock_again(world):
    world.lock("config", "RLock").hold("t1", "t1", age=2)
    assert world.findings() == ()


def test_a_look_between_the_levels_of_an_rlock(world):
    world.lock("config", "RLock").hold("t1").wait("t1")
    assert world.findings("self-deadlock", "deadlock") == ()


@pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore"])
def test_a_semaphore_used_as_a_signal(world, kind):
    jobs = world.lock("jobs", kind, foreign_releases=12)
    jobs.hold("consumer", age=60, returned=True).wait("consumer", age=600)
    world.lock("none yet", kind).wait("consumer-2", age=600)
    assert world.findings() == ()


def test_permits_kept_for_life_are_neither_leaks_nor_long_holds(world):
    world.lock("slots", "BoundedSemaphore").hold("w1", "w2", age=3600, returned=True)
    assert world.findings() == ()


def test_a_hold_just_taken_by_a_function_that_has_just_returned(world):
    world.lock("A").hold("t1", age=0.2, returned=True)
    assert world.findings() == ()


def test_readers_do_not_deadlock_with_readers(world):
    world.rwlock("A").read("t1", "t2").wait_to_read("t1", "t2")
    world.rwlock("B").read("t2", "t1").wait_to_read("t2")
    assert world.findings("deadlock", "self-deadlock") == ()


def test_a_reader_who_came_before_the_writer_does_not_wait_for_him(world):
    world.rwlock("A").read("t1").wait_to_read("t1", age=4).wait("w", age=2)
    assert world.findings("deadlock") == ()


def test_the_inner_lock_of_a_compound_is_not_told_beside_it(world):
    world.rwlock("table").hold("t1", age=60).wait("t2", age=60)
    world.lock("table's mutex", inside="table").hold("t1", age=60, returned=True)
    world.lock("table's mutex", inside="table").wait("t2", age=59)
    assert [world.lock_names(finding) for finding in world.findings()] == [["table"]]
