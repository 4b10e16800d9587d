from __future__ import annotations

import pytest

from locktrace.diagnose import Confirmer, diagnose


@pytest.fixture
def look(world):
    """Look at the world as it is then; the clock goes on half a second each time."""
    confirmer, after = Confirmer(forget_after=60), iter(range(10_000))

    def once(seconds_later=None):
        snapshot = world.look(after=seconds_later if seconds_later is not None else next(after) / 2)
        return confirmer.look(snapshot, diagnose(snapshot))

    return once


def kinds(findings):
    return [finding.kind for finding in findings]


def test_one_look_confirms_nothing_and_the_second_does(world, look):
    world.lock("A").hold("t1").wait("t1")
    assert kinds(look().findings) == []
    assert kinds(look().findings) == ["self-deadlock"]


def test_the_same_snapshot_twice_is_one_look(world, look):
    world.lock("A").hold("t1").wait("t1")
    assert kinds(look(0).findings) == []
    assert kinds(look(0).findings) == []
    assert kinds(look(1).findings) == ["self-deadlock"]
    again = look(1)
    assert (kinds(again.findings), again.new) == (["self-deadlock"], ())


def test_a_finding_is_new_once(world, look):
    world.lock("A").hold("t1").wait("t1")
    look()
    assert kinds(look().new) == ["self-deadlock"]
    assert look().new == ()


def test_a_cycle_of_which_one_wait_is_another_one_by_now_was_never_there(world, look):
    world.lock("A").hold("t1").wait("t2")
    world.lock("B").hold("t2").wait("t1")
    look()
    world.waits.pop()
    world.lock("B").wait("t1")
    assert kinds(look().findings) == []
    assert kinds(look().findings) == ["deadlock"]


def test_a_queue_that_grows_behind_the_same_first_waiter_is_the_same_stall(world, look):
    world.lock("A").hold("t1").wait("t2")
    look()
    world.lock("A").wait("t3", "t4", age=3)
    confirmed = look()
    assert kinds(confirmed.findings) == ["stall"]
    assert confirmed.findings[0].count == 3


def test_a_queue_whose_first_waiter_got_the_lock_is_not_confirmed(world, look):
    world.lock("A").hold("t1").wait("t2", age=5).wait("t3", age=4)
    look()
    del world.waits[0]
    assert kinds(look().findings) == []


def test_a_stall_goes_on_while_its_holders_change(world, look):
    lock = world.lock("A").hold("t1", at="one").wait("t9")
    look()
    look()
    world.holds.clear()
    lock.hold("t2", at="other")
    confirmed = look()
    assert (kinds(confirmed.findings), confirmed.new) == (["stall"], ())


def test_a_leak_goes_on_while_more_holds_join_it(world, look):
    lock = world.rwlock("table").read("t1", returned=True)
    look()
    lock.read("t2", "t3", age=2, returned=True)
    assert look().findings[0].count == 3


def test_two_sites_that_leak_one_lock_are_told_separately(world, look):
    world.rwlock("table").read("t1", at="one", returned=True).read("t2", at="two", returned=True)
    look()
    assert kinds(look().new) == ["leaked-lock", "leaked-lock"]


def test_what_comes_back_soon_is_not_new_and_what_comes_back_late_is(world, look):
    world.lock("A").hold("t1").wait("t1")
    look(1)
    look(2)
    waits, world.waits = world.waits, []
    assert look(3).findings == ()
    world.waits = waits
    look(4)
    assert (len(look(5).findings), look(6).new) == (1, ())
    world.waits = []
    look(7)
    look(120)
    world.waits = waits
    look(121)
    assert kinds(look(122).new) == ["self-deadlock"]


def test_what_gets_worse_is_told_once_as_worse_and_not_as_new(world, look):
    world.rwlock("table").read("r1", age=5).wait("w", age=2).wait_to_read("r2", age=1)
    look(0)
    assert [f.severity for f in look(0.6).new] == ["warning"]
    worse = look(1.2)
    assert (kinds(worse.new), [f.severity for f in worse.worse]) == ([], ["error"])
    assert look(1.8).worse == ()
