"""Suppressions under `pytest --locktrace` and in `locktrace.testing`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import PATIENCE_S, environment

pytest_plugins = ["pytester"]
RunTests = Callable[..., pytest.RunResult]

ENTRY = """
[[tool.locktrace.suppressions]]
kind = "leaked-lock"
lock = "Account.*"
[[tool.locktrace.suppressions]]
kind = "convoy"
"""
SUITE = """
def test_one():
    kept().withdraw()

def test_two():
    Account().deposit()
"""
COMMENTED = """
TILL = threading.Lock()

def test_three():
    TILL.acquire()  # locktrace: ignore[leaked-lock]
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_suppressed_leak_fails_no_test_and_is_counted(
    pytester: pytest.Pytester, run_tests: RunTests, workers: tuple[str, ...]
) -> None:
    pytester.makepyprojecttoml(ENTRY)
    done = run_tests(SUITE + COMMENTED, *workers)
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(["2 findings suppressed", "suppression 2 in *suppresses nothing"])
    assert "suppression 1 in" not in done.stdout.str()


def test_a_bad_entry_is_a_usage_error(pytester: pytest.Pytester, run_tests: RunTests) -> None:
    pytester.makepyprojecttoml(ENTRY.replace("convoy", "convoi"))
    done = run_tests(SUITE)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: *suppression 2: there is no finding kind 'convoi'*"])


BLOCK = """
import threading
from locktrace.testing import LeakedLockError, assert_no_leaked_locks

kept = []

def leave_held():
    with assert_no_leaked_locks():
        kept.append(threading.Lock())
        kept[-1].acquire()

try:
    leave_held()
except LeakedLockError:
    print("leaked")
else:
    print("fine")
"""


@pytest.mark.parametrize(("function", "said"), [("leave_held", "fine"), ("other", "leaked")])
def test_a_block_that_leaves_a_suppressed_lock_held_is_fine(
    tmp_path: Path, function: str, said: str
) -> None:
    (tmp_path / "block.py").write_text(BLOCK)
    (tmp_path / "pyproject.toml").write_text(
        f'[[tool.locktrace.suppressions]]\nfunction = "{function}"\n'
    )
    done = subprocess.run(
        [sys.executable, "block.py"],
        env=environment(trace=False),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stdout == f"{said}\n", done.stderr
