from __future__ import annotations

from locktrace.durations import Durations
from locktrace.model import Actor, Hold, Lock, Mode, Site, Wait
from locktrace_tui.rows.details import holder_rows, origin_and_totals, waiter_rows
from locktrace_tui.rows.index import facts_by_lock
from locktrace_tui.rows.limits import MOST_ROWS

TIMES = "\N{MULTIPLICATION SIGN}"

SECOND = 1_000_000_000
NOW = 100_000 * SECOND
HERE = Site("/srv/v2.py", 88, "V2Filter.lookup")
THERE = Site("/srv/v2.py", 120, "V2Filter.reload")


def read(id_: int, site: Site = HERE, age: int = 1, actor: int = 1, **more: object) -> Hold:
    return Hold(id_, 1, Mode.SHARED, actor, (site,), NOW - age * SECOND, **more)


def texts(rows):
    return [tuple(cell.text for cell in row.cells) for row in rows]


def holders(view):
    return texts(holder_rows(facts_by_lock(view)[1], view.snapshot))


def waiters(view):
    return texts(waiter_rows(facts_by_lock(view)[1], view.snapshot))


def test_holders_are_grouped_by_site_with_count_age_label_and_the_fate_of_the_function(make_view):
    leaked = [read(i, age=12 - i, returned=True, label=f"query {i}") for i in range(8)]
    view = make_view([Lock(1, "RWMutex", "a")], [*leaked, read(20, THERE)], actors=[Actor(1, "w")])
    assert holders(view) == [
        (f"R{TIMES}8", "12.0 s", "V2Filter.lookup (v2.py:88)", "has returned", "query 0"),
        (f"R{TIMES}1", "1.0 s", "V2Filter.reload (v2.py:120)", "still running", "w"),
    ]


def test_a_hold_of_an_ended_actor_says_so(make_view):
    view = make_view([Lock(1, "Lock", "a")], [read(1)], actors=[Actor(1, "w", ended=True)])
    assert holders(view)[0][3] == "actor ended"


def test_holds_that_are_not_listed_any_more_are_mentioned(make_view):
    view = make_view([Lock(1, "RWMutex", "a", unlisted_holds=300)], [read(1)])
    assert holders(view)[-1] == ("and 300 holds not listed any more",)


def test_waiters_stand_in_the_order_of_the_queue(make_view):
    view = make_view(
        [Lock(1, "RWMutex", "a")],
        waits=[
            Wait(2, 1, Mode.SHARED, 2, (HERE,), NOW - SECOND, timed=True),
            Wait(1, 1, Mode.EXCLUSIVE, 1, (THERE,), NOW - 6 * SECOND, "reload"),
        ],
        actors=[Actor(1, "reloader"), Actor(2, "worker-2", label="query beta.example. A")],
    )
    assert waiters(view) == [
        ("1", "W", "reloader", "reload", "V2Filter.reload (v2.py:120)", "6.0 s"),
        (
            *("2", "R", "worker-2", "query beta.example. A"),
            *("V2Filter.lookup (v2.py:88), timed", "1.0 s"),
        ),
    ]


def test_a_long_queue_is_cut_and_says_by_how_much(make_view):
    waits = [Wait(i, 1, Mode.SHARED, i, (), NOW - i) for i in range(MOST_ROWS + 7)]
    rows = waiters(make_view([Lock(1, "Lock", "a")], waits=waits))
    assert len(rows) == MOST_ROWS + 1
    assert rows[-1] == ("and 7 waiters more",)


def test_a_lock_tells_where_it_is_from_and_what_it_has_seen():
    lock = Lock(1, "Lock", "a", HERE, acquisitions=200, contended=5, wait_ns=3 * SECOND)
    line = " ".join(cell.text for cell in origin_and_totals(lock))
    assert line == "Lock created at v2.py:88 200 acquires 2.5% contended, 3.0 s waited"


def test_how_long_holds_lasted_is_in_the_lock_s_line():
    lock = Lock(
        1, "Lock", "a", hold_times=Durations((90, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1), 3_500_000)
    )
    [said] = [cell.text for cell in origin_and_totals(lock) if cell.text.startswith("held")]
    assert said == "held p50 1 \N{MICRO SIGN}s p99 16 \N{MICRO SIGN}s max 4 ms"


def test_tasks_are_shown_by_their_own_and_their_coroutines_name(make_view):
    holder = Actor(1, "Task-3 (Server.handle)", kind="task", native_id=7)
    waiter = Actor(2, "Task-4 (Server.reload)", kind="task", native_id=7)
    view = make_view(
        [Lock(1, "asyncio.Lock", "Server.lock")],
        [Hold(1, 1, Mode.EXCLUSIVE, 1, (HERE,), NOW - SECOND)],
        [Wait(2, 1, Mode.EXCLUSIVE, 2, (THERE,), NOW - SECOND)],
        [holder, waiter],
    )
    assert holders(view)[0][4] == "Task-3 (Server.handle)"
    assert "Task-4 (Server.reload)" in waiters(view)[0]
