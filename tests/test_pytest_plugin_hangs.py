"""A test that hangs on a lock is reported with who blocks whom, whoever's time-out it is."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]
RunTests = Callable[..., pytest.RunResult]

SELF = """
def test_it():
    guard = kept().guard
    with guard:
        with guard:
            pass

def test_later():
    pass
"""
RING = """
def test_it():
    ledger, journal, meet = threading.Lock(), threading.Lock(), threading.Barrier(2)
    def work(first, second):
        with first:
            meet.wait()
            with second:
                pass
    pairs = ((ledger, journal), (journal, ledger))
    threads = [
        threading.Thread(target=work, args=pair, name=name, daemon=True)
        for pair, name in zip(pairs, ("transfer", "audit"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def test_later():
    pass
"""
WHO = ["*1. ERROR deadlock", "*holds*and*", "*transfer*", "*audit*"]


def test_pytest_timeouts_signal_method(run_tests: RunTests) -> None:
    done = run_tests(SELF, "--timeout=6", "--timeout-method=signal")
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(
        ["E *Failed: Timeout*", "*- locktrace -*", "1. ERROR self-deadlock", "*MainThread is now:"]
    )


def test_pytest_timeouts_thread_method(run_tests: RunTests) -> None:
    done = run_tests(SELF, "--timeout=6", "--timeout-method=thread")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["*Who blocks whom*", "1. ERROR self-deadlock", "*Stack of *"])


def test_pytest_timeouts_thread_method_under_xdist(
    run_tests: RunTests,
    pytester: pytest.Pytester,
) -> None:
    done = run_tests(SELF, "--timeout=6", "--timeout-method=thread", "-n2", "--junitxml=junit.xml")
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(["*crashed while running*", "*1. ERROR self-deadlock"])
    [error] = ElementTree.parse(pytester.path / "junit.xml").iter("error")
    assert "self-deadlock" in str(error.text)


def test_faulthandlers_timeout(run_tests: RunTests) -> None:
    done = run_tests(
        SELF, "--timeout=6", ini="faulthandler_timeout = 2\n"
    )  # fmt: skip
    done.stderr.fnmatch_lines(["locktrace: test_it.py::test_it hangs:", "1. ERROR self-deadlock"])
    assert "Timeout (0:00:02)" in done.stderr.str()


@pytest.mark.parametrize("source", [SELF, RING])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_by_itself(run_tests: RunTests, source: str, workers: str) -> None:
    done = run_tests(
        source, "-n", workers, "--junitxml=junit.xml", ini="locktrace_stall_after = 1\n"
    )
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(["the test hangs:", "*1. ERROR *deadlock"])
    assert "locktrace: test_it.py::test_it" in done.stderr.str()
    assert ("(in gw" in done.stderr.str()) == (workers != "0")


def test_by_a_marker(run_tests: RunTests) -> None:
    done = run_tests("@pytest.mark.locktrace(stall_after=1)" + RING)
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(["the test hangs:", *WHO[:1]])


def test_a_fixture_that_hangs_is_an_error_of_its_test(run_tests: RunTests) -> None:
    done = run_tests(
        """
@pytest.fixture
def stuck():
    guard = kept().guard
    with guard, guard:
        yield

def test_it(stuck):
    pass

def test_later():
    pass
""",
        ini="locktrace_stall_after = 1\n",
    )
    done.assert_outcomes(errors=1, passed=1)
    done.stdout.fnmatch_lines(["*ERROR at setup of test_it*", "the test hangs:"])


def test_a_slow_test_is_no_hang(run_tests: RunTests) -> None:
    done = run_tests(
        """
import time

def test_it():
    with kept().guard:
        time.sleep(2)

def test_that_waits_for_slow_work():
    worker = threading.Thread(target=time.sleep, args=(3,))
    worker.start()
    worker.join()
""",
        ini="locktrace_stall_after = 0.5\n",
    )
    done.assert_outcomes(passed=2)
