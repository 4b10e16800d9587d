from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.model import Certainty, Finding, Hold, Lock, Mode, Severity, Wait
from locktrace.view import Member
from locktrace_tui.rows.banner import banner
from locktrace_tui.rows.cells import Tone

NOW = 100_000 * 1_000_000_000
LOCKS = [Lock(1, "Lock", "a"), Lock(2, "Condition", "b")]


def finding(kind: str, severity: Severity, message: str = "a: it hangs.") -> Finding:
    return Finding(kind, severity, Certainty.HELD_BY, message, locks=(1,))


def sentence(view, paused=None, latest=None):
    text = banner(view, paused, latest or view)
    return " ".join(cell.text for cell in (text.badge, *text.state))


def test_with_nothing_wrong_it_says_how_things_stand(make_view):
    waits = [Wait(1, 2, Mode.EXCLUSIVE, 1, (), NOW - 10**9)]
    view = make_view(LOCKS, [Hold(1, 1, Mode.EXCLUSIVE, 1, (), NOW)], waits)
    assert sentence(view) == "✔ OK No findings: 2 locks, 1 held, nobody waits."


def test_waits_for_a_lock_are_counted_where_there_is_no_finding_yet(make_view):
    waits = [Wait(i, 1, Mode.EXCLUSIVE, i, (), NOW - i * 10**8) for i in range(1, 4)]
    assert "3 waiters, the longest for 300 ms" in sentence(make_view(LOCKS, waits=waits))


@pytest.mark.parametrize(
    ("kind", "severity", "said"),
    [
        ("blocked-by-pending-writer", Severity.ERROR, "✘ ERROR STALLED — a: it hangs."),
        ("deadlock", Severity.ERROR, "✘ ERROR DEADLOCK — a: it hangs."),
        ("leaked-lock", Severity.ERROR, "✘ ERROR LEAK — a: it hangs."),
        ("convoy", Severity.WARNING, "▲ WARNING a: it hangs."),
        ("long-hold", Severity.INFO, "◆ INFO a: it hangs."),
    ],
)
def test_the_worst_finding_is_said_with_symbol_and_severity(make_view, kind, severity, said):
    assert sentence(make_view(LOCKS, findings=[finding(kind, severity)])) == said


def test_further_findings_are_counted(make_view):
    found = [finding("deadlock", Severity.ERROR), finding("convoy", Severity.WARNING)]
    assert sentence(make_view(LOCKS, findings=found)).endswith("(+ 1 finding)")


def test_an_ended_target_is_said_first_and_the_last_finding_stays(make_view):
    view = make_view(LOCKS, findings=[finding("deadlock", Severity.ERROR)])
    ended = replace(view, ended="The target was killed by SIGKILL.")
    assert sentence(ended) == (
        "■ ENDED The target was killed by SIGKILL. This is the last picture. "
        "✘ ERROR DEADLOCK — a: it hangs."
    )
    assert banner(ended, 5.0, ended).mode.text == "■ ENDED"


def test_it_says_for_how_long_the_picture_is_paused_and_if_the_target_ended_meanwhile(make_view):
    view = make_view(LOCKS)
    assert banner(view, None, view).mode.text == "● LIVE"
    assert banner(view, 12.0, view).mode.text == "‖ PAUSED 12.0 s"
    gone = replace(view, ended="It exited.")
    assert banner(view, 12.0, gone).mode.text == "‖ PAUSED 12.0 s, target ended"


SILENCE = replace(finding("unresponsive", Severity.ERROR), since_ns=NOW - 6 * 10**9)


def test_it_says_how_old_the_picture_is_where_the_target_gives_no_word(make_view):
    view = make_view(LOCKS, findings=[SILENCE])
    assert banner(view, None, view).mode.text == "○ SILENT 6.0 s"
    hushed = replace(view, findings=(), suppressed=view.findings)
    assert banner(hushed, None, hushed).mode.text == "○ SILENT 6.0 s"
    assert banner(view, 3.0, view).mode.text == "‖ PAUSED 3.0 s"


def test_of_several_processes_the_picture_is_live_as_long_as_one_that_lives_gives_word(make_view):
    view = make_view(LOCKS, findings=[SILENCE])
    process = view.snapshot.process
    for ended, mode in ((False, "● LIVE"), (True, "○ SILENT 6.0 s")):
        family = replace(view, members=(Member(0, process), Member(1, process, ended)))
        assert banner(family, None, family).mode.text == mode


def test_drops_and_faults_are_shown_only_where_there_are_any(make_view):
    quiet = make_view(LOCKS)
    noisy = make_view(LOCKS, dropped=7, faults=1)
    process = [cell.text for cell in banner(quiet, None, quiet).process]
    assert process == ["pid 4711", "Python 3.11.7", "python core", "python app.py"]
    warnings = [cell for cell in banner(noisy, None, noisy).process if cell.tone is Tone.WARNING]
    assert [cell.text for cell in warnings] == ["▲ 7 events dropped", "▲ 1 agent fault"]
