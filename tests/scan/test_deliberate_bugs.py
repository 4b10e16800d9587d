"""Every deliberate bug of the demo server and of the test targets is found in its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from locktrace.scan.config import Config
from locktrace.scan.engine import scan

ROOT = Path(__file__).parents[2]
Found = set[tuple[str, str, str]]


def found_in(folder: Path) -> Found:
    findings = scan([folder], Config(), jobs=1).findings
    return {(Path(f.file).stem, f.code, f.function) for f in findings}


@pytest.fixture(scope="module")
def in_demo() -> Found:
    return found_in(ROOT / "demo_server")


@pytest.fixture(scope="module")
def in_targets() -> Found:
    return found_in(ROOT / "tests" / "targets")


@pytest.mark.parametrize(
    ("scenario", "code", "function"),
    [
        ("leaked_read_lock", "LT101", "V2Filter.apply"),
        ("leak_on_error", "LT102", "V2Filter.apply"),
        ("lock_order", "LT203", "V2Filter.apply"),
        ("recursive_read", "LT202", "V2Filter.apply"),
        ("slow_reload", "LT301", "V2Filter.reload"),
    ],
)
def test_the_bug_of_each_scenario_is_found(in_demo, scenario, code, function):
    assert (scenario, code, function) in in_demo


def test_nothing_else_in_the_demo_server_is_blamed(in_demo):
    bugs = {"leaked_read_lock", "leak_on_error", "lock_order", "recursive_read", "slow_reload"}
    assert {file for file, _, _ in in_demo} <= bugs


@pytest.mark.parametrize(
    ("target", "code", "function"),
    [
        ("leak_at_exit", "LT101", "Account.withdraw"),
        ("leaked_read_lock", "LT101", "Filter.lookup"),
        ("lock_order", "LT203", "transfer"),
        ("stubborn", "LT201", "twice"),
    ],
)
def test_the_bug_of_each_target_is_found(in_targets, target, code, function):
    assert (target, code, function) in in_targets
