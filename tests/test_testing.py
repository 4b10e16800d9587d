"""A test that ends with a lock still held fails: by a context manager, and under pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import environment

SUITE = """
import threading
from locktrace.testing import assert_no_leaked_locks

class Account:
    def __init__(self):
        self.guard = threading.Lock()
    def withdraw(self):
        self.guard.acquire()
    def deposit(self):
        with self.guard:
            pass

def test_clean():
    Account().deposit()
    worker = threading.Thread(target=Account().deposit)
    worker.start()
    worker.join()

def test_leaking(kept=[]):
    kept.append(Account())
    kept[0].withdraw()

def test_leaking_thread(kept=[]):
    kept.append(Account())
    worker = threading.Thread(target=kept[0].withdraw, name="worker")
    worker.start()
    worker.join()

def test_after_the_leaks():
    Account().deposit()
"""


@pytest.fixture(params=["c", "py"])
def suite(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs the suite above in a pytest of its own."""
    if request.param == "c" and not _has_c_core():
        pytest.skip("the C core is not built here")
    (tmp_path / "test_suite.py").write_text(SUITE)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *arguments],
            env=environment(trace=False, LOCKTRACE_CORE=request.param),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    return run


def _has_c_core() -> bool:
    program = "import locktrace.agent._core"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(trace=False) | {"HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def test_each_test_that_leaks_fails_and_the_others_pass(suite) -> None:  # type: ignore[no-untyped-def]
    said = suite("--locktrace")
    assert "2 failed, 2 passed" in said, said
    assert "PASSED test_suite.py::test_clean" in said
    assert "PASSED test_suite.py::test_after_the_leaks" in said
    leaks = re.findall(r"Account.guard(?: #\d)? is still held \(exclusive\), taken at (\S+)", said)
    assert set(leaks) == {"test_suite.py:9"}
    assert len(leaks) >= 2


def test_without_the_option_nothing_is_traced(suite) -> None:  # type: ignore[no-untyped-def]
    assert "4 passed" in suite()


BLOCK = """
import threading
from locktrace.testing import LeakedLockError, assert_no_leaked_locks
import locktrace
locktrace.install()
lock = threading.Lock()
with assert_no_leaked_locks():
    with lock:
        pass
try:
    with assert_no_leaked_locks():
        lock.acquire()
except LeakedLockError as error:
    print(error)
lock.release()
with assert_no_leaked_locks():
    pass
print("done")
"""


def test_a_block_that_leaks_raises_and_says_which_lock() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    leak, done_line = done.stdout.splitlines()
    assert leak == "lock is still held (exclusive), taken at <string>:12 in <module> by MainThread"
    assert done_line == "done"


DECORATED = """
import threading, unittest
import locktrace
from locktrace.testing import assert_no_leaked_locks
locktrace.install()
lock = threading.Lock()

class TestAccount(unittest.TestCase):
    @assert_no_leaked_locks()
    def test_leaking(self):
        lock.acquire()

    def test_block(self):
        with self.assertRaisesRegex(AssertionError, "other is still held"):
            with assert_no_leaked_locks():
                other.acquire()

    @assert_no_leaked_locks()
    def test_clean(self):
        threading.Event().set()

other = threading.Lock()
unittest.main()
"""


def test_a_method_of_unittest_may_be_decorated() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DECORATED],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FAIL: test_leaking" in done.stderr, done.stderr
    assert "FAILED (failures=1)" in done.stderr


INVERSION = """
import threading
from locktrace.testing import LockFindingError, assert_no_leaked_locks
try:
    with assert_no_leaked_locks():
        ledger, journal = threading.Lock(), threading.Lock()
        def work(first, second):
            with first:
                with second:
                    pass
        for pair in ((ledger, journal), (journal, ledger)):
            worker = threading.Thread(target=work, args=pair)
            worker.start()
            worker.join()
except LockFindingError as error:
    print(error)
"""


def test_a_block_that_takes_locks_in_both_orders_raises() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INVERSION],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert "are taken in both orders" in done.stdout
