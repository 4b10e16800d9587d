from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.model import (
    Actor,
    Certainty,
    Finding,
    Hold,
    Lock,
    Mode,
    Process,
    Severity,
    Site,
    Snapshot,
    StallSnapshot,
    ThreadStack,
)
from locktrace.snapshots.document import to_document
from locktrace.snapshots.layout import cells
from locktrace.snapshots.loading import from_document
from locktrace.snapshots.report import render, render_findings

PROCESS = Process(1, 0.0, "", "", ())


@pytest.fixture
def report(stall):
    return render(stall)


def block(text, start):
    """The lines from the one that begins with `start` to the next empty one."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.strip().startswith(start))
    return lines[first : lines.index("", first) if "" in lines[first:] else None]


def test_the_header_tells_what_was_looked_at(report):
    lines = report.splitlines()
    assert lines[0] == "process  4242, Python 3.11.7, python core"
    assert lines[1] == "command  python -m demo"
    assert "ledger   3 locks, 43 holds, 2 waits, 2 threads, 1 task" in lines
    assert "agent    1 fault of its own, which it kept from the program" in lines
    assert "stacks   from py-spy" in lines


def silence(since_ns):
    message = "The interpreter has given no word."
    return Finding("unresponsive", Severity.ERROR, Certainty.HELD_BY, message, since_ns=since_ns)


def test_of_a_silent_target_it_tells_how_old_the_ledger_is_also_when_it_was_saved(stall):
    silent = replace(stall, findings=(silence(stall.snapshot.taken_ns - 7 * 10**9),))
    for each in (silent, from_document(to_document(silent))):
        header = " ".join(render(each).split())
        assert "2 threads, 1 task, as the agent last told them 7.0 s ago" in header


def test_findings_come_before_locks_and_locks_before_threads(report):
    assert (
        report.index("1. ERROR blocked-by-pending-writer")
        < report.index("2. WARNING stall (holder not found)")
        < report.index("Locks\n")
        < report.index("Threads\n")
    )


def test_where_the_code_takes_a_lock_whose_holder_is_not_known_is_shown_with_its_source(report):
    taken = block(report, "V2Filter.ip_table.inner is taken in")
    assert taken[1].endswith("demo/filters.py:3  V2Filter.lookup  self.mutex.r_lock()")


def test_of_a_lock_that_is_wanted_and_has_no_known_holder_the_table_says_where_it_is_taken(stall):
    snapshot = stall.snapshot
    [wanted, *_] = snapshot.waits
    site = Site("/app/cache.py", 12, "Cache.put")
    lock = replace(snapshot.locks[wanted.lock], acquire_sites=(site,))
    alone = replace(snapshot, holds=(), locks={lock.id: lock})
    report = render(replace(stall, snapshot=alone))
    assert "V2Filter.ip_table: holder not found; taken in Cache.put (cache.py:12)" in report


def test_a_finding_tells_who_took_it_where_with_the_lock_line_marked(report, filters):
    taken = block(report, "V2Filter.ip_table was taken for reading 40 times by worker-1")
    text = " ".join(line.strip() for line in taken)
    assert "the first 50.0 s ago (that function has returned since)" in text
    assert f"at {filters}:3:" in text
    assert "     > demo/filters.py:3   V2Filter.lookup  self.mutex.r_lock()" in taken
    assert "       demo/filters.py:11  V2Filter.answer  return self.lookup(query.name)" in taken


def test_a_finding_tells_who_wants_it_since_when(report, filters):
    wanted = block(report, "V2Filter.ip_table is wanted by reloader for 9.0 s")
    assert wanted[-1] == "     > demo/filters.py:7  V2Filter.reload  with self.mutex:"
    assert "is wanted for reading by worker-1 (query A) for 8.0 s" in report


def test_a_finding_tells_what_the_holder_does_now(report):
    now = block(report, "worker-1 (query A) is now:")
    assert now[1] == "     > demo/filters.py:3   V2Filter.lookup  self.mutex.r_lock()"


def test_a_place_that_two_findings_name_is_shown_once(stall):
    twice = render_findings(replace(stall, findings=(stall.findings[0],) * 2))
    assert twice.count("worker-1 (query A) is now:") == 1
    assert twice.count("(that function has returned since)") == 2
    assert twice.count("see above") == 3
    assert twice.count("> demo/filters.py:7  V2Filter.reload  with self.mutex:") == 1


def test_of_what_nobody_can_hold_no_holder_is_missed(stall):
    lost = replace(stall.findings[1], kind="lost-wakeup", locks=(3,))
    assert "1. WARNING lost-wakeup\n" in render(replace(stall, findings=(lost,)))


def test_a_thousand_holds_of_one_line_are_told_in_one(stall):
    holds = tuple(replace(stall.snapshot.holds[0], id=n) for n in range(1284))
    many = replace(stall, snapshot=replace(stall.snapshot, holds=holds))
    assert "was taken for reading 1284 times by" in render(many)
    assert len(render(many).splitlines()) <= len(render(stall).splitlines())


def test_the_locks_table_counts_holders_and_waiters(report):
    header, table = block(report, "lock  ")[:2]
    assert header.split()[:6] == ["lock", "held", "leaked", "waiting", "held", "for"]
    assert table.split()[:4] == ["V2Filter.ip_table", "R\N{MULTIPLICATION SIGN}40", "40", "2"]
    assert "2 locks are neither held nor waited for" in report


def test_an_inner_lock_is_shown_below_its_compound(stall):
    wait = replace(stall.snapshot.waits[0], lock=2)
    waits = (*stall.snapshot.waits, wait)
    lines = render(replace(stall, snapshot=replace(stall.snapshot, waits=waits))).splitlines()
    row = next(n for n, line in enumerate(lines) if line.startswith("V2Filter.ip_table "))
    assert lines[row + 1].startswith("  V2Filter.ip_table.inner")


def test_who_lets_nobody_else_run_comes_before_those_who_wait(stall):
    heading = "MainThread [4242], has the GIL"
    silent = render(replace(stall, findings=(silence(stall.snapshot.taken_ns - 7 * 10**9),)))
    assert silent.partition("Threads\n-------\n\n")[2].startswith(heading)
    stalled = render(stall).partition("Threads\n-------\n\n")[2]
    assert heading in stalled
    assert not stalled.startswith(heading)


def test_threads_that_wait_come_first_and_say_for_what(report):
    threads = report[report.index("Threads\n") :]
    assert threads.index("worker-1 (query A) [5001]") < threads.index("MainThread [4242]")
    assert "  waits to read V2Filter.ip_table, for 8.0 s" in threads
    assert "MainThread [4242], has the GIL" in threads


def test_an_event_is_waited_for_and_not_read(stall):
    wait = replace(stall.snapshot.waits[1], lock=3, actor=13)
    told = render(replace(stall, snapshot=replace(stall.snapshot, waits=(wait,))))
    assert "  waits for stop, for 8.0 s" in told


def test_a_thread_that_has_ended_holding_is_told_without_a_stack(report):
    assert "  worker-2 holds V2Filter.ip_table (R" in report


def test_threads_at_the_same_place_are_told_together():
    frames = (Site("/app/pool.py", 9, "get"),)
    threads = tuple(ThreadStack(n, f"worker-{n}", frames) for n in range(1, 65))
    snapshot = Snapshot(PROCESS, 1, 1.0)
    text = render(StallSnapshot("x", snapshot, (), threads, "py-spy"))
    assert "64 threads: worker-1 [1], worker-2 [2]" in text
    assert text.count("app/pool.py:9") == 1


def test_the_holder_has_gone_on_and_its_frame_is_marked_where_it_is_now():
    took, now = Site("/app/a.py", 3, "work"), Site("/app/a.py", 8, "work")
    snapshot = Snapshot(
        PROCESS,
        10,
        1.0,
        {1: Lock(1, "Lock", "cache")},
        {2: Actor(2, "t", native_id=77)},
        (Hold(3, 1, Mode.EXCLUSIVE, 2, (took,), 1),),
    )
    inner = Site("/lib/socket.py", 700, "recv")
    text = render(StallSnapshot("", snapshot, (), (ThreadStack(77, "t", (inner, now)),), "py-spy"))
    assert "      lib/socket.py:700  recv" in text
    assert "    > app/a.py:8         work" in text


def test_the_frames_by_which_threading_starts_a_thread_are_left_out():
    bootstrap = [
        Site("/usr/lib/python3.11/threading.py", 982, f"Thread.{name}")
        for name in ("run", "_bootstrap_inner", "_bootstrap")
    ]
    stack = (Site("/app/a.py", 3, "work"), *bootstrap)
    text = render(StallSnapshot("", Snapshot(PROCESS, 1, 1.0), (), (ThreadStack(1, "t", stack),)))
    assert "app/a.py:3" in text
    assert "threading.py" not in text


def test_where_the_stacks_are_not_from_py_spy_the_reason_is_in_the_header(stall):
    other = replace(stall, stacks_from="agent", stacks_note="py-spy was not found.")
    assert "stacks   from the agent: py-spy was not found." in render(other)


@pytest.mark.parametrize("width", [20, 40, 64, 80, 100, 200])
def test_no_line_is_wider_than_asked_for(stall, width):
    long = "/very" * 40 + "/漢字.py"
    threads = (*stall.threads, ThreadStack(9, "n" * 300, (Site(long, 1, "f" * 200),)))
    command = replace(stall.snapshot.process, command=("python", "x" * 500))
    wide = replace(stall, threads=threads, snapshot=replace(stall.snapshot, process=command))
    too_wide = [line for line in render(wide, width).splitlines() if cells(line) > max(40, width)]
    assert too_wide == []


def test_nothing_from_the_target_can_move_the_cursor(stall):
    evil = "evil\x1b[2J\r\n\u202e"
    snapshot = stall.snapshot
    actors = {id: replace(a, name=evil, label=evil) for id, a in snapshot.actors.items()}
    locks = {id: replace(lock, name=evil, kind=evil) for id, lock in snapshot.locks.items()}
    threads = (ThreadStack(1, evil, (Site(evil, 1, evil),)),)
    process = replace(snapshot.process, command=(evil,), python=evil)
    text = render(
        replace(
            stall,
            threads=threads,
            stacks_note=evil,
            snapshot=replace(snapshot, actors=actors, locks=locks, process=process),
            findings=tuple(replace(f, message=evil, kind=evil) for f in stall.findings),
        )
    )
    assert all(line.isprintable() for line in text.split("\n"))


def test_an_empty_snapshot_is_a_report_too():
    text = render(StallSnapshot("", Snapshot(PROCESS, 1, 1.0), ()))
    assert "No findings." in text
    assert "0 locks are neither held nor waited for" in text


def test_the_findings_can_be_had_alone(stall):
    text = render_findings(stall)
    assert text.startswith("2 findings\n")
    assert "Threads" not in text
