from __future__ import annotations


def test_a_lock_taken_twice_by_one_thread(world):
    world.lock("cache").hold("t1", age=8, at="outer").wait("t1", at="inner")
    finding = world.finding("self-deadlock")
    assert (finding.severity, finding.certainty) == ("error", "held by")
    assert finding.message == (
        "t1 waits for cache in inner (work.py:20), which it took itself in outer (work.py:10) "
        "8.0 s ago; it can go on only if another thread releases that."
    )
    assert world.kinds() == ["self-deadlock"]


def test_a_lock_whose_release_was_forgotten_and_that_is_taken_again(world):
    world.lock("cache").hold("t1", age=8, at="put", returned=True).wait("t1", at="put")
    assert "and did not release before that function returned" in (
        world.finding("self-deadlock").message
    )
    assert set(world.kinds()) == {"self-deadlock", "leaked-lock"}


def test_a_read_lock_turned_into_a_write_lock(world):
    world.rwlock("table").read("t1").wait("t1")
    assert "t1 waits to write table in want (work.py:20), which it took itself for reading" in (
        world.finding("self-deadlock").message
    )


def test_a_read_lock_turned_into_a_write_lock_that_blocks_in_a_condition_of_its_own(world):
    world.rwlock("table").read("t1").wait("t1")
    world.lock("table._writer_turn", kind="Condition").wait("t1")
    assert world.kinds() == ["self-deadlock"]


def test_a_write_lock_turned_into_a_read_lock(world):
    world.rwlock("table").hold("t1").wait_to_read("t1")
    assert "waits to read table in look (work.py:20), which it took itself for writing" in (
        world.finding("self-deadlock").message
    )


def test_readers_who_all_want_to_write_are_one_finding(world):
    world.rwlock("table").read("t1", "t2", "t3").wait("t1", "t2", "t3")
    finding = world.finding("self-deadlock")
    assert finding.count == 3
    assert "2 more threads do the same" in finding.message
    assert world.findings("deadlock") == ()


def test_a_lock_taken_twice_a_moment_ago_may_still_be_a_signal(world):
    world.lock("done").hold("main", age=2).wait("main", age=2)
    assert world.findings() == ()
