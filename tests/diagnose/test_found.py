"""What was there when the agent came: nobody knows for how long, but whether it moves."""

from __future__ import annotations

import pytest

from locktrace.diagnose import Confirmer, diagnose
from locktrace.model import Certainty, Mode, Severity

JUST_NOW = 0.05


def ring(world, **how):
    world.lock("A").hold("t1", age=JUST_NOW, **how).wait("t2", age=JUST_NOW, found=True)
    world.lock("B").hold("t2", age=JUST_NOW, **how).wait("t1", age=JUST_NOW, found=True)


def test_a_ring_that_was_there_is_told_after_two_looks_close_together(world):
    ring(world, found=True)
    confirmer = Confirmer()
    first, second = world.look(), world.look(after=0.25)
    assert confirmer.look(first, diagnose(first)).findings == ()
    (deadlock,) = confirmer.look(second, diagnose(second)).new
    assert (deadlock.kind, deadlock.certainty) == ("deadlock", Certainty.HELD_BY)
    assert deadlock.message.endswith("neither can go on, for over 300 ms now.")


def test_a_ring_of_likely_holds_is_a_likely_deadlock(world):
    ring(world, likely=True)
    (deadlock,) = world.findings("deadlock")
    assert deadlock.certainty is Certainty.LIKELY
    assert "t1 likely holds A" in deadlock.message


def test_a_ring_with_a_hold_that_began_since_is_as_young_as_any_other(world):
    ring(world, found=False)
    assert world.findings() == ()


def test_a_lock_that_somebody_got_since_moves(world):
    world.lock("A").hold("t1", age=0.4).wait("t2", age=0.5, found=True)
    assert world.findings() == ()


def test_who_was_found_waiting_for_himself_is_stuck(world):
    world.lock("A").hold("t1", age=JUST_NOW, found=True).wait("t1", age=JUST_NOW, found=True)
    assert world.findings("self-deadlock")


def test_a_lock_that_its_waiter_may_have_taken_twice_as_a_signal_is_given_time(world):
    lock = world.lock("A").hold("t1", age=1, likely=True)
    lock.wait("t1", age=1, found=True)
    assert world.findings("self-deadlock") == ()


def test_of_a_writer_and_readers_found_together_the_readers_wait_for_the_writer(world):
    lock = world.lock("table", "RWLock").hold("t1", mode=Mode.SHARED, age=9, found=True)
    lock.wait("reader", mode=Mode.SHARED, age=9.01, found=True)
    lock.wait("writer", age=9, found=True)
    assert world.finding("blocked-by-pending-writer").severity is Severity.ERROR


@pytest.mark.parametrize(("age", "told"), [(0.3, False), (9.0, True)])
def test_a_queue_that_was_there_is_given_as_long_as_any_other(world, age, told):
    """What does not move for a moment may be a holder at work."""
    world.lock("A").hold("t1", age=age, found=True).wait("t2", age=age, found=True)
    assert [f.severity for f in world.findings("stall")] == [Severity.ERROR] * told
