from __future__ import annotations

from locktrace.model import Actor, Lock, Mode, Wait
from locktrace_tui.rows.blocked import blocked_rows, labelled_waits

TIMES = "\N{MULTIPLICATION SIGN}"

SECOND = 1_000_000_000
NOW = 100_000 * SECOND


def wait(id_: int, actor: int, age: float, label: str = "") -> Wait:
    return Wait(id_, 1, Mode.SHARED, actor, (), NOW - int(age * SECOND), label)


def test_blocked_work_is_told_by_its_label_with_the_longest_first(make_view):
    view = make_view(
        [Lock(1, "RWMutex", "ip_table")],
        waits=[wait(1, 1, 2), wait(2, 2, 6.2), wait(3, 3, 5, "query beta."), wait(4, 4, 9)],
        actors=[
            Actor(1, "w1", label="query alpha."),
            Actor(2, "w2", label="query beta."),
            Actor(3, "w3"),
            Actor(4, "nobody's"),
        ],
    )
    waits = labelled_waits(view.snapshot)
    rows = [tuple(cell.text for cell in row.cells) for row in blocked_rows(waits, view.snapshot)]
    assert len(waits) == 3
    assert rows == [
        ("query beta.", "ip_table", f"R{TIMES}2", "6.2 s"),
        ("query alpha.", "ip_table", f"R{TIMES}1", "2.0 s"),
    ]
