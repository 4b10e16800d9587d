from __future__ import annotations

import time

from locktrace.diagnose import Thresholds, diagnose
from locktrace.model import Process, Snapshot


def test_an_empty_snapshot_has_no_findings():
    assert diagnose(Snapshot(Process(1, 0, "", "", ()), 1, 1.0)) == ()


def test_the_worst_come_first_and_among_those_the_oldest(world):
    world.lock("held").hold("t1", age=60)
    world.lock("unknown").wait("t2", age=50)
    world.lock("leaked").hold("t3", age=20, returned=True)
    world.lock("stalled").hold("t4", age=40).wait("t5", age=30)
    assert world.kinds() == ["stall", "leaked-lock", "stall", "long-hold"]
    severities = [finding.severity for finding in world.findings()]
    assert severities == ["error", "error", "warning", "info"]


def test_the_order_does_not_depend_on_that_of_the_snapshot(world):
    for n in range(6):
        world.lock(f"L{n}").hold(f"t{n}", returned=True)
    first = world.findings()
    world.holds.reverse()
    assert world.findings() == first


def test_thresholds_say_how_long_is_long(world):
    world.lock("A").hold("t1", age=0.5).wait("t2", age=0.4)
    assert world.findings() == ()
    assert [f.kind for f in world.findings(thresholds=Thresholds(stall_after=0.3))] == ["stall"]


def test_every_finding_lists_the_locks_sites_and_actors_it_speaks_of(world):
    world.rwlock("table").read("t1", returned=True).wait("w").wait_to_read("t2")
    world.lock("A").hold("t3").wait("t3")
    for finding in world.findings():
        assert finding.locks
        assert finding.sites[0].role in {"holder", "writer"}
        assert finding.sites[-1].role == "creator"
        assert finding.actors
        assert finding.evidence
        assert finding.since_ns > 0
        assert "\n" not in finding.message
        assert finding.message.endswith(".")


def test_records_of_a_lock_or_actor_that_is_gone_do_no_harm(world):
    world.lock("A").hold("t1").wait("t2")
    world.lock("B").hold("t3").wait("t4")
    del world.actors["t1"], world.locks["B"]
    (finding,) = world.findings()
    assert "held by a thread that has ended" in finding.message


def test_names_cannot_move_the_cursor(world):
    world.lock("A\x1b[2J").hold("t\n1").wait("t2")
    assert world.finding("stall").message.isprintable()


def test_ten_thousand_actors_are_looked_at_in_linear_time(world):
    """4,000 readers who all ask again behind 1,000 writers would be 4 million edges drawn out."""
    readers = [f"r{n}" for n in range(4_000)]
    lock = world.rwlock("table").read(*readers).wait(*(f"w{n}" for n in range(1_000)), age=4)
    lock.wait_to_read(*readers, age=3)
    for n in range(5_000):
        world.lock(f"L{n}").hold(f"t{n}").wait(f"t{(n + 1) % 5_000}")
    snapshot = world.look()
    started = time.process_time()
    findings = diagnose(snapshot)
    assert {finding.count for finding in findings if finding.kind == "deadlock"} == {4_001, 5_000}
    assert time.process_time() - started < 20
