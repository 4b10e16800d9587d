"""`pytest --locktrace`: who leaves a lock held fails, with the report; who is innocent passes."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]
RunTests = Callable[..., pytest.RunResult]


def test_a_test_that_leaves_a_lock_held_fails_and_the_report_names_its_line(
    run_tests: RunTests,
) -> None:
    done = run_tests("def test_it():\n    kept().withdraw()\n")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "the test left held: Account.guard",
            "1. ERROR leaked-lock",
            "*Account.guard is still held (exclusive), taken at test_it.py:10*",
            "*> *test_it.py:10 *Account.withdraw *self.guard.acquire()",
            "*FAILED test_it.py::test_it - Failed: the test left held: Account.guard",
        ]
    )
    assert "_hookexec" not in done.stdout.str()


@pytest.mark.parametrize("core", ["c", "py"])
def test_a_lock_that_a_test_took_and_let_be_destroyed_is_left_held(
    run_tests: RunTests, monkeypatch: pytest.MonkeyPatch, core: str
) -> None:
    monkeypatch.setenv("LOCKTRACE_CORE", core)
    done = run_tests("""
def test_of_the_test_alone():
    account = Account()
    account.withdraw()

async def test_a_task():
    await asyncio.Lock().acquire()

def test_later():
    Account().deposit()
""")
    done.assert_outcomes(failed=2, passed=1)
    done.stdout.fnmatch_lines(
        [
            "1. ERROR leaked-lock",
            "*Account.guard was destroyed while it was held (exclusive), taken at test_it.py:10*",
            "*test_it.py:* *test_of_the_test_alone *account.withdraw()",
            "1. ERROR leaked-lock",
            "*asyncio.Lock made at test_it.py:* was destroyed while it was held (exclusive)*",
        ]
    )


@pytest.mark.parametrize("core", ["c", "py"])
def test_locks_that_are_handed_over_or_the_library_s_own_may_be_destroyed_held(
    run_tests: RunTests, monkeypatch: pytest.MonkeyPatch, core: str
) -> None:
    monkeypatch.setenv("LOCKTRACE_CORE", core)
    done = run_tests("""
import multiprocessing

def test_a_latch():
    latch = threading.Lock()
    latch.acquire()
    opener = threading.Thread(target=latch.release)
    opener.start()
    latch.acquire()
    opener.join()

def test_a_pool_that_is_terminated():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(abs, [-1]) == [1]

def test_permits():
    permits = threading.Semaphore(2)
    permits.acquire()
""")
    done.assert_outcomes(passed=3)


def test_a_leak_in_a_thread_of_the_test_fails_it_and_no_later_test(run_tests: RunTests) -> None:
    done = run_tests("""
def test_leaking():
    worker = threading.Thread(target=kept().withdraw)
    worker.start()
    worker.join()

def test_later():
    Account().deposit()
""")
    done.assert_outcomes(failed=1, passed=1)


def test_what_wider_fixtures_hold_over_tests_is_by_design(run_tests: RunTests) -> None:
    done = run_tests("""
@pytest.fixture(scope="session")
def for_the_session():
    account = kept()
    account.withdraw()
    yield account
    account.guard.release()

@pytest.fixture(scope="module")
def for_the_module(for_the_session):
    account = kept()
    account.withdraw()
    return account

class TestTogether:
    @pytest.fixture(scope="class", autouse=True)
    def for_the_class(self):
        account = kept()
        account.withdraw()
        yield
        account.guard.release()

    def test_one(self, for_the_module):
        Account().deposit()

    def test_two(self, for_the_module):
        Account().deposit()

def test_three(for_the_session):
    Account().deposit()
""")
    done.assert_outcomes(passed=3)


def test_a_fixture_of_the_test_may_hold_during_it_but_not_after_it(run_tests: RunTests) -> None:
    done = run_tests("""
@pytest.fixture
def careful():
    with kept().guard:
        yield

@pytest.fixture
def careless():
    kept().withdraw()

def test_one(careful):
    pass

def test_two(careless):
    pass
""")
    done.assert_outcomes(passed=2, errors=1)
    done.stdout.fnmatch_lines(["*ERROR at teardown of test_two*", "the test left held: *"])


def test_a_failing_test_fails_of_itself_and_says_what_it_left_held(run_tests: RunTests) -> None:
    done = run_tests("def test_it():\n    kept().withdraw()\n    assert 1 == 2\n")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E * assert 1 == 2", "*- locktrace -*", "*left held: Account.guard"])


def test_a_skipped_or_expected_failure_stays_what_it_is(run_tests: RunTests) -> None:
    done = run_tests("""
def test_skipped():
    pytest.skip("not today")

@pytest.mark.xfail
def test_expected():
    kept().withdraw()
""")
    done.assert_outcomes(skipped=1, xfailed=1)


def test_coroutines_are_judged_as_functions_are(run_tests: RunTests) -> None:
    done = run_tests("""
async def test_clean():
    lock = asyncio.Lock()
    async with lock:
        await asyncio.to_thread(Account().deposit)

async def test_leaking():
    kept().withdraw()
""")
    done.assert_outcomes(passed=1, failed=1)


def test_unittest_cases_are_judged_after_their_own_teardown(run_tests: RunTests) -> None:
    done = run_tests("""
import unittest

class TestAccount(unittest.TestCase):
    def setUp(self):
        self.account = kept()
        self.account.withdraw()
    def tearDown(self):
        self.account.guard.release()
    def test_clean(self):
        pass
    def test_leaking(self):
        kept().withdraw()
""")
    done.assert_outcomes(passed=1, failed=1)


def test_a_deadlock_that_a_test_leaves_behind_fails_it(run_tests: RunTests) -> None:
    done = run_tests("""
def test_it():
    ledger, journal, meet = threading.Lock(), threading.Lock(), threading.Barrier(3)
    def work(first, second):
        with first:
            meet.wait()
            with second:
                pass
    pairs = ((ledger, journal), (journal, ledger))
    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in pairs]
    for thread in threads:
        thread.start()
    meet.wait()
    for thread in threads:
        thread.join(1)

def test_later():
    pass
""")
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(["the test made a finding: deadlock", "*1. ERROR deadlock"])


INVERSION = """
def test_it():
    ledger, journal = threading.Lock(), threading.Lock()
    def post():
        with ledger:
            with journal:
                pass
    def audit():
        with journal:
            with ledger:
                pass
    for work in (post, audit):
        worker = threading.Thread(target=work, name=work.__name__)
        worker.start()
        worker.join()

def test_later():
    pass
"""


def test_locks_taken_in_both_orders_fail_the_test_although_it_went_well(
    run_tests: RunTests,
) -> None:
    done = run_tests(INVERSION)
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(
        ["the test made a finding: lock-order-inversion", "*are taken in both orders*"]
    )


@pytest.mark.parametrize(
    ("marker", "outcome"),
    [
        ("ignore=['leaked-lock']", "passed"),
        ("off=True", "passed"),
        ("ignore=['long-hold']", "failed"),
        ("off=False", "failed"),
    ],
)
def test_a_marker_says_how_a_test_is_judged(run_tests: RunTests, marker: str, outcome: str) -> None:
    done = run_tests(f"@pytest.mark.locktrace({marker})\ndef test_it():\n    kept().withdraw()\n")
    done.assert_outcomes(**{outcome: 1})


def test_markers_of_class_and_test_add_up(run_tests: RunTests) -> None:
    done = run_tests("""
@pytest.mark.locktrace(off=True)
class TestLeaking:
    def test_off(self):
        kept().withdraw()
    @pytest.mark.locktrace(off=False)
    def test_on_again(self):
        kept().withdraw()
""")
    done.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ("ignored=['stall']", "has no 'ignored'; it takes off, ignore, fail_on, stall_after"),
        ("ignore=['leak']", "there is no finding kind 'leak'; the kinds are *leaked-lock*"),
        ("ignore='stall'", "is a list of kinds of findings, not 'stall'"),
        ("stall_after=-1", "is a number of seconds above 0, not -1"),
        ("off='yes'", "off is True or False, not 'yes'"),
        ("3", "takes keywords only: off, ignore, fail_on, stall_after"),
    ],
)
def test_a_marker_without_sense_is_one_sentence(
    run_tests: RunTests, marker: str, complaint: str
) -> None:
    done = run_tests(f"@pytest.mark.locktrace({marker})\ndef test_it():\n    pass\n")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: *test_it*{complaint.replace('[', '[[]')}"])
    assert "Traceback" not in done.stderr.str() + done.stdout.str()


@pytest.mark.parametrize(
    ("ini", "complaint"),
    [
        ("locktrace_stall_after = soon", "is a number of seconds above 0, not 'soon'"),
        ("locktrace_fail_on = stall leak", "there is no finding kind 'leak'"),
    ],
)
def test_an_ini_option_without_sense_is_one_sentence(
    run_tests: RunTests, ini: str, complaint: str
) -> None:
    done = run_tests("def test_it():\n    pass\n", ini=ini)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: the ini option {ini.split(maxsplit=1)[0]}*{complaint}*"])


def test_the_project_may_switch_it_on_and_choose_what_fails(
    pytester: pytest.Pytester, run_tests: RunTests
) -> None:
    done = run_tests(
        "def test_it():\n    kept().withdraw()\n", ini="locktrace_ignore = leaked-lock\n"
    )
    done.assert_outcomes(passed=1)
    done = pytester.runpytest_subprocess()
    done.assert_outcomes(passed=1)  # neither asked for nor configured
    pytester.makeini("[pytest]\nlocktrace = true\nasyncio_default_fixture_loop_scope = function\n")
    done = pytester.runpytest_subprocess()
    done.assert_outcomes(failed=1)


def test_the_report_is_in_the_junit_file(pytester: pytest.Pytester, run_tests: RunTests) -> None:
    run_tests("def test_it():\n    kept().withdraw()\n", "--junitxml=junit.xml")
    [failure] = ElementTree.parse(pytester.path / "junit.xml").iter("failure")
    assert "left held: Account.guard" in str(failure.get("message"))
    assert "1. ERROR leaked-lock" in str(failure.text)


def test_each_worker_of_xdist_judges_its_tests(run_tests: RunTests) -> None:
    done = run_tests(
        """
@pytest.mark.parametrize("number", range(6))
def test_it(number):
    account = kept()
    account.deposit() if number % 2 else account.withdraw()
""",
        "-n", "2",
    )  # fmt: skip
    done.assert_outcomes(failed=3, passed=3)
    done.stdout.fnmatch_lines(["*1. ERROR leaked-lock"])


def test_a_forked_child_of_a_test_is_left_in_peace(run_tests: RunTests) -> None:
    done = run_tests("""
import os

def test_it():
    pid = os.fork()
    if pid == 0:
        kept().withdraw()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
""", ini="filterwarnings = error\nlocktrace_stall_after = 30\n")  # fmt: skip
    done.assert_outcomes(passed=1)


def test_a_test_that_switches_the_agent_off_is_not_judged_and_the_next_one_is(
    run_tests: RunTests,
) -> None:
    done = run_tests("""
import locktrace

def test_off():
    locktrace.uninstall()

def test_leaking():
    kept().withdraw()
""")
    done.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize("core", ["c", "py"])
def test_both_cores_serve(run_tests: RunTests, monkeypatch: pytest.MonkeyPatch, core: str) -> None:
    monkeypatch.setenv("LOCKTRACE_CORE", core)
    done = run_tests("def test_it():\n    kept().withdraw()\n\ndef test_clean():\n    pass\n")
    done.assert_outcomes(failed=1, passed=1)
