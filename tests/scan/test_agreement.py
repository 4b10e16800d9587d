"""Runtime and scanner agree on a place."""

from __future__ import annotations

from pathlib import Path

from locktrace.scan.agreement import Place, rules_at

SCENARIOS = Path(__file__).parents[2] / "demo_server" / "locktrace_demo" / "scenarios"


def line_of(file: Path, text: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_a_leak_seen_by_a_run_names_the_rule_that_sees_it_in_the_source():
    file = SCENARIOS / "leaked_read_lock.py"
    place = Place(str(file), line_of(file, "self.ip_table.r_lock()"))
    assert rules_at("leaked-lock", [place]) == ("LT101",)
    assert rules_at("blocked-by-pending-writer", [place]) == ("LT101",)


def test_another_kind_another_line_or_a_missing_file_names_no_rule():
    file = SCENARIOS / "leaked_read_lock.py"
    line = line_of(file, "self.ip_table.r_lock()")
    assert rules_at("lost-wakeup", [Place(str(file), line)]) == ()
    assert rules_at("leaked-lock", [Place(str(file), 1)]) == ()
    assert rules_at("leaked-lock", [Place("/nowhere/main.py", 4)]) == ()
