from __future__ import annotations

import pytest

from locktrace.model import Actor, Certainty, Finding, Hold, Lock, Mode, Severity, Wait
from locktrace_tui.rows.index import facts_by_lock
from locktrace_tui.rows.limits import MOST_ROWS
from locktrace_tui.rows.locks import COLUMNS, MANY_UNUSED, SORTS, Lens, lock_list

TIMES = "\N{MULTIPLICATION SIGN}"

SECOND = 1_000_000_000
NOW = 100_000 * SECOND


def used(id_: int, name: str, kind: str = "Lock", **totals: object) -> Lock:
    return Lock(id_, kind, name, acquisitions=1, **totals)


def hold(lock: int, seconds: float, mode: Mode = Mode.EXCLUSIVE, id_: int = 0) -> Hold:
    return Hold(id_, lock, mode, 1, (), NOW - int(seconds * SECOND))


def wait(lock: int, seconds: float, label: str = "") -> Wait:
    return Wait(0, lock, Mode.EXCLUSIVE, 1, (), NOW - int(seconds * SECOND), label)


def finding(lock: int, severity: Severity, kind: str = "leaked-lock") -> Finding:
    return Finding(kind, severity, Certainty.HELD_BY, "…", locks=(lock,))


def shown(view, **lens):
    return lock_list(facts_by_lock(view), view.snapshot, Lens(**lens))


def names(view, **lens):
    return [row.cells[1].text for row in shown(view, **lens).rows]


def cell(view, key, row=0, **lens):
    place = [column.key for column in COLUMNS].index(key)
    return shown(view, **lens).rows[row].cells[place].text


def test_the_worst_finding_comes_first_then_lasting_waits_and_holds(make_view):
    view = make_view(
        [used(i, name) for i, name in enumerate("abcdef")],
        holds=[hold(3, 5)],
        waits=[wait(4, 2)],
        findings=[finding(5, Severity.WARNING), finding(2, Severity.ERROR)],
    )
    assert names(view) == ["c", "f", "e", "d", "a", "b"]


def test_short_holds_and_waits_do_not_make_the_rows_dance(make_view):
    locks = [used(1, "a"), used(2, "b")]
    assert names(make_view(locks, [hold(2, 0.2)], [wait(2, 0.1)])) == ["a", "b"]


def test_a_wait_for_a_signal_is_no_contention(make_view):
    locks = [used(1, "a"), used(2, "queue", "Condition")]
    view = make_view(locks, waits=[wait(2, 500)])
    assert names(view) == ["a", "queue"]
    assert cell(view, "state", row=1) == "◌ awaited"


@pytest.mark.parametrize(
    ("records", "word"),
    [
        ({}, "○ free"),
        ({"holds": [hold(1, 1)]}, "● held"),
        ({"waits": [wait(1, 1)]}, "◐ contended"),
        ({"findings": [finding(1, Severity.ERROR)]}, "✘ leaked"),
        ({"findings": [finding(1, Severity.WARNING, "convoy")]}, "▲ convoy"),
        ({"findings": [finding(1, Severity.INFO, "long-hold")]}, "◆ long hold"),
    ],
)
def test_the_state_has_a_symbol_and_a_word(make_view, records, word):
    assert cell(make_view([used(1, "a")], **records), "state") == word


def test_a_lock_never_used_says_so(make_view):
    assert cell(make_view([Lock(1, "Lock", "a")]), "state") == "· unused"


@pytest.mark.parametrize(
    ("modes", "text"),
    [
        ([], "·"),
        ([Mode.EXCLUSIVE], "W"),
        ([Mode.SHARED], f"R{TIMES}1"),
        ([Mode.SHARED] * 1284, f"R{TIMES}1284"),
        ([Mode.EXCLUSIVE] * 3, f"W{TIMES}3"),
        ([Mode.EXCLUSIVE, Mode.SHARED], f"W R{TIMES}1"),
    ],
)
def test_held_tells_mode_and_number(make_view, modes, text):
    holds = [hold(1, 1, mode, id_) for id_, mode in enumerate(modes)]
    assert cell(make_view([used(1, "a")], holds), "held") == text


def test_holds_that_the_target_no_longer_lists_are_counted(make_view):
    view = make_view([used(1, "a", unlisted_holds=284)], [hold(1, 1, Mode.SHARED)])
    assert cell(view, "held") == f"R{TIMES}285"


def test_inner_locks_are_shown_below_their_compound_and_only_when_asked_for(make_view):
    locks = [used(2, "inner", parent=1), used(1, "outer", "Condition"), used(3, "a")]
    view = make_view(locks)
    assert names(view) == ["a", "▸ outer"]
    assert names(view, inner=True) == ["a", "▾ outer", "└ inner"]


def test_a_finding_on_an_inner_lock_is_seen_on_its_compound(make_view):
    locks = [used(1, "outer"), used(2, "inner", parent=1)]
    view = make_view(locks, findings=[finding(2, Severity.ERROR, "deadlock")])
    assert cell(view, "state") == "✘ deadlock"


def test_an_inner_lock_without_its_compound_stands_by_itself(make_view):
    assert names(make_view([used(2, "orphan", parent=99)])) == ["orphan"]


@pytest.mark.parametrize("text", ["TABLE", "rwm", "beta.ex", "alpha"])
def test_the_filter_looks_at_name_kind_and_labels(make_view, text):
    view = make_view(
        [used(1, "ip_table", "RWMutex"), used(2, "cache")],
        waits=[wait(1, 1, "query beta.example.")],
        holds=[hold(1, 1)],
        actors=[Actor(1, "worker", label="query alpha.")],
    )
    assert names(view, text=text) == ["ip_table"]


def test_the_filter_finds_an_inner_lock_and_shows_its_compound_with_it(make_view):
    view = make_view([used(1, "outer"), used(2, "hidden", parent=1), used(3, "other")])
    assert names(view, text="hidden") == ["▸ outer", "└ hidden"]
    assert "1 with “hidden”" in shown(view, text="hidden").caption


def test_many_unused_locks_are_left_out_until_asked_for(make_view):
    view = make_view([used(0, "a"), *(Lock(i, "Lock", "new") for i in range(1, MANY_UNUSED + 2))])
    assert names(view) == ["a"]
    assert f"{MANY_UNUSED + 1} never used" in shown(view).caption
    assert len(names(view, unused=True)) == MANY_UNUSED + 2


def test_few_unused_locks_are_shown(make_view):
    assert len(names(make_view([used(0, "a"), Lock(1, "Lock", "new")]))) == 2


def test_the_rows_are_capped_and_the_caption_says_so(make_view):
    listed = shown(make_view([used(i, f"lock{i}") for i in range(5000)]))
    assert len(listed.rows) == MOST_ROWS
    assert listed.caption == "5,000 · first 500 shown, / finds the others"


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", "a"),
        ("kind", "b"),
        ("waiting", "c"),
        ("oldest", "d"),
        ("held", "e"),
        ("contended", "f"),
        ("rate", "g"),
    ],
)
def test_each_column_sorts_by_what_it_shows(make_view, sort, first):
    view = make_view(
        [
            used(1, "a", "X"),
            used(2, "b", "A"),
            used(3, "c", "X"),
            used(4, "d", "X"),
            used(5, "e", "X"),
            used(6, "f", "X", contended=1),
            used(7, "g", "X", rate=9.0),
        ],
        holds=[hold(4, 60), hold(5, 1, id_=1), hold(5, 1, id_=2)],
        waits=[wait(3, 0.1)],
    )
    assert names(view, sort=sort)[0] == first
    assert names(view, sort=sort, backwards=True)[-1] == first


def test_the_sort_key_goes_through_every_column_once():
    assert sorted(SORTS) == sorted(column.key for column in COLUMNS)
    assert all(column.sortable for column in COLUMNS)
