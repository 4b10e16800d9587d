from __future__ import annotations

import pytest

from tests.support import observed, running, until

KIND = "recursive-read"


@pytest.fixture
def table(world):
    return world.rwlock("table")


def test_a_function_that_reads_and_calls_one_that_reads_too(world, table):
    world.run("r1", "names: r+table", "one: r+table", "-table", "-table")
    finding = world.finding(KIND)
    assert (finding.severity, finding.count) == ("warning", 1)
    assert finding.message == (
        "r1 took table for reading in one (work.py:21) although it was reading it already, since "
        "names (work.py:10); it went well, but a writer who asks in between makes both wait for "
        "ever."
    )
    assert world.roles(finding) == [("reader", "one"), ("holder", "names"), ("creator", "<module>")]


def test_the_same_two_places_are_told_once_with_a_count(world, table):
    for n in range(3):
        world.run(f"r{n}", "names: r+table", "one: r+table", "-table", "-table")
    assert world.finding(KIND).count == 3


def test_one_function_that_reads_at_two_of_its_lines(world, table):
    world.run("r1", "names: r+table", "names: r+table", "-table", "-table")
    assert len(world.findings(KIND)) == 1


def test_reads_one_after_the_other_are_none(world, table):
    world.run("r1", "names: r+table", "-table", "one: r+table", "-table")
    assert world.findings() == ()


def test_a_read_that_an_earlier_call_has_leaked_is_not_read_again(world, table):
    world.run("r1", "r+table", at="lookup")
    world.run("r1", "r+table", "-table", at="lookup")
    assert world.findings(KIND) == ()


def test_a_read_that_another_function_had_left_behind_is_not_read_again(world, table):
    world.run("r1", "r+table", "-table", at="lookup")
    world.run("r1", "r+table", at="open")
    world.run("r1", "r+table", "-table", at="close")
    assert world.findings(KIND) == ()


def test_permits_of_a_semaphore_are_not_read(world):
    world.lock("slots", "Semaphore")
    world.run("w", "two: r+slots", "one: r+slots", "-slots", "-slots")
    assert world.findings() == ()


def test_a_lock_that_lets_readers_in_past_a_waiting_writer(world, table):
    world.run("r1", "names: r+table", "one: r+table", "-table", "-table")
    table.wait("w", age=50)
    world.past.waiting(world.waits.pop())
    world.run("r2", "r+table", "-table", age=40)
    assert world.findings() == ()


@pytest.mark.parametrize("kind", ["RWLockRead", "ReaderWriterLock", "aiorwlock.RWLock"])
def test_locks_known_to_prefer_readers(world, kind):
    world.lock("table", kind)
    world.run("r1", "names: r+table", "one: r+table", "-table", "-table")
    assert world.findings() == ()


@pytest.mark.parametrize("twice", [True, False])
def test_a_program_with_no_writer_near(python: str, twice: bool) -> None:
    with running("recursive_read", *["--twice"] * twice, python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            target.tell("go")
            target.expect("done")
            if twice:
                view = until(session, lambda v: bool(v.findings), KIND)
            else:
                view = [session.poll(0.1) for _ in range(8)][-1]
    if not twice:
        assert view.findings == ()
        return
    [finding] = view.findings
    assert (finding.kind, finding.count) == (KIND, 2)
    assert "in Registry.one" in finding.message
    assert "since Registry.names" in finding.message
