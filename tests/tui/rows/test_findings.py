from __future__ import annotations

from locktrace.model import Actor, Certainty, Finding, Lock, RoleSite, Severity, Site
from locktrace_tui.rows.findings import detail_rows, finding_rows

NOW = 100_000 * 1_000_000_000


def test_a_finding_is_told_in_full_with_source_lines_where_they_can_be_read(make_view, tmp_path):
    file = tmp_path / "v2.py"
    file.write_text("def f():\n    lock.acquire()\n")
    finding = Finding(
        "leaked-lock",
        Severity.ERROR,
        Certainty.LIKELY,
        "a is never released.",
        locks=(1, 9),
        sites=(
            RoleSite(Site(str(file), 2, "f"), "holder"),
            RoleSite(Site("gone.py", 5, "g"), "creator"),
        ),
        actors=(1,),
        since_ns=NOW - 3 * 10**9,
    )
    view = make_view([Lock(1, "Lock", "a")], actors=[Actor(1, "w", label="job", ended=True)])
    told = [tuple(c.text for c in row.cells) for row in detail_rows(finding, view.snapshot)]
    assert told == [
        ("✘ error", "a is never released."),
        ("kind", "leaked-lock"),
        ("certainty", "likely held by"),
        ("since", "3.0 s ago"),
        ("lock", "a (Lock)"),
        ("lock", "lock 9 (no longer there)"),
        ("actor", "w (job), ended"),
        ("holder", f"{file}:2 in f"),
        ("", "→ lock.acquire()"),
        ("creator", "gone.py:5 in g"),
    ]


def test_two_findings_of_the_same_kind_and_place_are_two_rows(make_view):
    same = Finding("convoy", Severity.WARNING, Certainty.LAST, "slow", locks=(1,))
    rows = finding_rows([same, same], make_view().snapshot)
    assert len({row.key for row in rows}) == 2


def test_a_finding_is_the_same_row_wherever_it_stands(make_view):
    old = Finding("convoy", Severity.WARNING, Certainty.LAST, "slow", locks=(1,))
    new = Finding("deadlock", Severity.ERROR, Certainty.HELD_BY, "stuck", locks=(2,))
    snapshot = make_view().snapshot
    assert finding_rows([new, old], snapshot)[1].key == finding_rows([old], snapshot)[0].key
