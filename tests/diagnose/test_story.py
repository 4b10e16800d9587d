"""The story that locktrace was built for, in its three acts."""

from __future__ import annotations

import pytest


@pytest.fixture
def table(world):
    """The filter's IP table: eight workers have read it 1284 times and never let go."""
    lock = world.rwlock("V2Filter.ip_table")
    for query in range(1284):
        lock.read(
            f"worker-{query % 8}", age=12.3 - query / 200, at="V2Filter.lookup", returned=True
        )
    return lock


def test_the_leak_is_seen_before_any_writer_comes(world, table):
    (finding,) = world.findings()
    assert (finding.kind, finding.severity, finding.certainty) == (
        "leaked-lock",
        "error",
        "held by",
    )
    assert finding.message == (
        "V2Filter.ip_table: 1284 read locks taken in V2Filter.lookup (work.py:10) were never "
        "released, although that function has returned; the oldest 12.3 s ago."
    )
    assert finding.count == 1284
    assert world.roles(finding)[0] == ("holder", "V2Filter.lookup")


def test_the_reload_that_waits_alone_is_a_stall_held_by_the_leak(world, table):
    table.wait("reloader", age=4, at="V2Filter.reload")
    stall = world.finding("stall")
    assert "reloader has waited 4.0 s to write V2Filter.ip_table" in stall.message
    assert "held by 1284 readers from V2Filter.lookup (work.py:10), never released" in stall.message


def test_queries_behind_the_reload_are_told_as_blocked_by_the_pending_writer(world, table):
    table.wait("reloader", age=2, at="V2Filter.reload")
    table.wait_to_read(*(f"worker-{n}" for n in range(8)), age=1.5, at="V2Filter.lookup")
    assert world.kinds() == ["leaked-lock", "blocked-by-pending-writer"]
    finding = world.finding("blocked-by-pending-writer")
    assert finding.severity == "error"
    assert finding.message == (
        "V2Filter.ip_table: 8 readers are blocked behind the writer reloader, who has waited "
        "2.0 s in V2Filter.reload (work.py:20); the lock is held by 1284 readers from "
        "V2Filter.lookup (work.py:10), never released; the writer cannot go on until those are "
        "released."
    )
    assert world.roles(finding)[:3] == [
        ("holder", "V2Filter.lookup"),
        ("writer", "V2Filter.reload"),
        ("reader", "V2Filter.lookup"),
    ]
    assert world.names(finding)[:2] == ["reloader", "worker-0"]


def test_the_last_leaks_of_the_blocked_workers_are_not_taken_for_a_deadlock(world, table):
    """They are in the same function again, so the agent cannot see that it has returned before."""
    workers = [f"worker-{n}" for n in range(8)]
    table.read(*workers, age=2.1, at="V2Filter.lookup").wait("reloader", age=2, at="reload")
    table.wait_to_read(*workers, age=1.9, at="V2Filter.lookup")
    assert world.kinds() == ["leaked-lock", "blocked-by-pending-writer"]
    finding = world.finding("blocked-by-pending-writer")
    assert finding.count == 8
    assert "1292 readers from V2Filter.lookup (work.py:10), 1284 of them never released" in (
        finding.message
    )


def test_the_healthy_twin_with_the_same_traffic_finds_nothing(world):
    lock = world.rwlock("V2Filter.ip_table")
    lock.read("worker-1", "worker-2", age=0.002).wait("reloader", age=0.001)
    lock.wait_to_read("worker-3", age=0.001)
    assert world.findings() == ()
