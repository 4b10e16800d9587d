"""Every deliberate bug of the demo server is found in its source, and nothing else is blamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from locktrace.scan.config import Config
from locktrace.scan.engine import scan

DEMO = Path(__file__).parents[2] / "demo_server"


@pytest.fixture(scope="module")
def found() -> set[tuple[str, str, str]]:
    findings = scan([DEMO], Config(), jobs=1).findings
    return {(Path(f.file).stem, f.code, f.function) for f in findings}


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
def test_the_bug_of_each_scenario_is_found(found, scenario, code, function):
    assert (scenario, code, function) in found


def test_nothing_else_in_the_demo_server_is_blamed(found):
    bugs = {"leaked_read_lock", "leak_on_error", "lock_order", "recursive_read", "slow_reload"}
    assert {file for file, _, _ in found} <= bugs
