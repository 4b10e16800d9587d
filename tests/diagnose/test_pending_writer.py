from __future__ import annotations


def test_an_honest_reader_who_keeps_a_writer_waiting_is_a_warning_first(world):
    lock = world.rwlock("table").read("slow", age=9, at="report")
    lock.wait("writer", age=2).wait_to_read("r1", "r2", age=1)
    finding = world.finding("blocked-by-pending-writer")
    assert finding.severity == "warning"
    assert finding.message == (
        "table: 2 readers are blocked behind the writer writer, who has waited 2.0 s in want "
        "(work.py:20); the lock is held by 1 reader from report (work.py:10)."
    )


def test_it_is_an_error_once_it_has_lasted_as_long_as_a_stall(world):
    lock = world.rwlock("table").read("slow", age=9)
    lock.wait("writer", age=3.1).wait_to_read("r1", age=1)
    assert world.finding("blocked-by-pending-writer").severity == "error"


def test_the_writer_comes_first_where_nothing_is_leaked(world):
    world.rwlock("table").read("slow").wait("writer").wait_to_read("r1", age=1)
    roles = [role for role, _ in world.roles(world.finding("blocked-by-pending-writer"))]
    assert roles == ["writer", "holder", "reader", "creator"]


def test_a_writer_who_gives_up_by_himself_is_a_warning_however_long(world):
    world.rwlock("table").read("slow").wait("writer", age=60, timed=True).wait_to_read("r1")
    finding = world.finding("blocked-by-pending-writer")
    assert finding.severity == "warning"
    assert "the writer will give up by itself" in finding.message


def test_readers_that_came_before_the_writer_are_not_counted(world):
    lock = world.rwlock("table").read("slow").wait("writer", age=3)
    lock.wait_to_read("early", age=3.5).wait_to_read("late", age=1)
    assert world.finding("blocked-by-pending-writer").count == 1


def test_other_writers_in_the_queue_are_told(world):
    lock = world.rwlock("table").read("slow").wait("w1", age=4).wait("w2", "w3", age=3)
    lock.wait_to_read("r1", age=1)
    message = world.finding("blocked-by-pending-writer").message
    assert "1 reader and 2 more writers are blocked behind the writer w1" in message


def test_readers_behind_a_writer_who_is_writing_are_no_such_case(world):
    world.rwlock("table").hold("w1").wait("w2", age=4).wait_to_read("r1", age=3)
    assert world.kinds() == ["stall"]


def test_a_plain_lock_has_no_pending_writer(world):
    world.lock("A").hold("t1").wait("t2", "t3")
    assert world.kinds() == ["stall"]


def test_of_leaked_and_living_readers_of_one_line_the_leaked_are_counted(world):
    lock = world.rwlock("table").read("t1", "t2", returned=True).read("t3", age=2)
    lock.wait("w", age=2).wait_to_read("t4", age=1)
    finding = world.finding("blocked-by-pending-writer")
    assert "held by 3 readers from read (work.py:10), 2 of them never released" in finding.message
    assert finding.severity == "error"
