from __future__ import annotations

from dataclasses import replace

from locktrace.model import Actor, Hold, Lock, Mode, Site, StallSnapshot, ThreadStack, Wait
from locktrace_tui.rows.stacks import stack_rows
from locktrace_tui.rows.stalls import stall_rows, stall_title

TIMES = "\N{MULTIPLICATION SIGN}"

SECOND = 1_000_000_000
NOW = 100_000 * SECOND
RUN = Site("/srv/w.py", 9, "run")
WAIT = Site("/srv/v2.py", 3, "V2Filter.read")
HOLD = Site("/srv/v2.py", 7, "V2Filter.reload")


def told(stall):
    return [" ".join(cell.text for cell in row.cells).strip() for row in stack_rows(stall)]


def a_stall(make_view, **more):
    view = make_view(
        [Lock(1, "RWMutex", "table"), Lock(2, "Event", "stopping")],
        holds=[Hold(1, 1, Mode.EXCLUSIVE, 2, (HOLD, RUN), NOW - 9 * SECOND)],
        waits=[
            Wait(2, 1, Mode.SHARED, 3, (WAIT, RUN), NOW - 6 * SECOND),
            Wait(3, 1, Mode.SHARED, 4, (WAIT, RUN), NOW - 5 * SECOND),
            Wait(4, 2, Mode.EXCLUSIVE, 1, (RUN,), NOW - 60 * SECOND),
            Wait(5, 1, Mode.SHARED, 5, (WAIT,), NOW - 4 * SECOND, label="task's work"),
        ],
        actors=[
            Actor(1, "MainThread", native_id=100),
            Actor(2, "reloader", native_id=102),
            Actor(3, "worker-1", native_id=103, label="query alpha."),
            Actor(4, "worker-2", native_id=104),
            Actor(5, "Task-5", kind="task", native_id=100),
        ],
    )
    threads = (
        ThreadStack(100, "MainThread", (RUN,)),
        ThreadStack(102, "reloader", (Site("/srv/io.py", 1, "read"), replace(HOLD, line=8), RUN)),
        ThreadStack(103, "worker-1", (WAIT, RUN)),
        ThreadStack(104, "worker-2", (WAIT, RUN)),
        ThreadStack(105, "idle", (), owns_gil=True),
    )
    return StallSnapshot("id-1", view.snapshot, (), threads, "py-spy", **more)


def test_threads_at_a_lock_come_first_and_alike_ones_are_told_together(make_view):
    lines = told(a_stall(make_view))
    heads = [line for line in lines if "[" in line]
    assert heads == [
        "2 threads alike: worker-1 (query alpha.) [103] and worker-2 [104]",
        "reloader [102]",
        "MainThread [100]",
        "idle [105, has the GIL]",
    ]
    assert f"waiting for table (R{TIMES}2), for up to 6.0 s" in lines
    assert "holding table (W), for 9.0 s" in lines


def test_the_lines_that_wait_or_hold_are_marked(make_view):
    lines = told(a_stall(make_view))
    assert [line for line in lines if line.startswith("→")] == [
        "→ waits V2Filter.read v2.py:3",
        "→ holds V2Filter.reload v2.py:8",
        "→ waits run w.py:9",
    ]


def test_actors_that_have_no_thread_of_their_own_are_not_forgotten(make_view):
    lines = told(a_stall(make_view))
    assert lines[-2:] == [
        "Without a present stack",
        f"Task-5: waiting for table (R{TIMES}1), for 4.0 s",
    ]


def test_the_reason_for_missing_stacks_is_told(make_view):
    stall = replace(a_stall(make_view), threads=(), stacks_note="py-spy was not found.")
    assert "▲ py-spy was not found." in told(stall)


def test_source_lines_stand_beside_their_frames(make_view, tmp_path):
    file = tmp_path / "job.py"
    file.write_text("with lock:\n    work()\n")
    stall = a_stall(make_view)
    here = ThreadStack(106, "other", (Site(str(file), 2, "job"),))
    assert "job job.py:2 work()" in told(replace(stall, threads=(here,)))


def test_the_newest_snapshot_is_listed_first(make_view):
    first = a_stall(make_view)
    assert [row.key for row in stall_rows([first, replace(first, id="id-2")])] == ["id-2", "id-1"]


def test_the_title_says_where_the_stacks_are_from(make_view):
    line = " ".join(cell.text for cell in stall_title(a_stall(make_view)))
    assert "5 threads, stacks from py-spy" in line
