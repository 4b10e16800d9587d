"""attach, watch and dump on processes that were started without locktrace; detach."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from locktrace.launch.inject import by_ptrace
from locktrace.launch.processes import connect
from tests.support import environment, running

pytestmark = pytest.mark.skipif(bool(by_ptrace.obstacle()), reason="no way in by ptrace here")


def test_dump_finds_the_deadlock_of_a_process_that_hangs_already(locktrace: Any) -> None:
    with running("lock_order", trace=False) as target:
        target.expect("started")
        done = locktrace("dump", str(target.pid), "--detach")
        assert (done.returncode, done.stderr) == (0, "")
        assert "ERROR deadlock" in done.stdout
        assert "lock_order.py:" in done.stdout
        gone = locktrace("detach", str(target.pid))
    assert gone.returncode == 5
    assert gone.stderr == (
        f"locktrace: process {target.pid} does not run the locktrace agent; "
        "`locktrace attach` brings it in\n"
    )


def test_the_agent_stays_until_it_is_told_to_go(within: Any) -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        assert within("dump", str(target.pid)).returncode == 0
        connect(target.pid).close()
        done = within("detach", str(target.pid))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"process {target.pid} is no longer traced\n"
        target.close_input()
        assert target.finish() == (0, "", "")


def test_watch_brings_the_agent_in_and_hears_of_its_going(within: Any) -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        watching = subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--plain"],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        assert "locks" in watching.stdout.readline()
        assert within("detach", str(target.pid)).returncode == 0
        _, errors = watching.communicate()
    assert watching.returncode == 6
    assert errors == f"locktrace: process {target.pid} is no longer traced: it was detached\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_observer_that_is_told_to_end_detaches_if_it_shall(
    number: signal.Signals, within: Any
) -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        watching = subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--plain", "--detach"],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        assert "locks" in watching.stdout.readline()
        watching.send_signal(number)
        _, errors = watching.communicate()
        assert (watching.returncode, errors) == (128 + number, "")
        assert within("detach", str(target.pid)).returncode == 5


def test_a_dry_run_says_how_and_does_nothing(within: Any) -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        done = within("attach", str(target.pid), "--dry-run")
        assert (done.returncode, done.stderr) == (0, "")
        assert "would be entered by ptrace; not by remote-exec: " in done.stdout
        assert within("detach", str(target.pid)).returncode == 5


def test_without_the_c_core_it_is_only_observed_and_says_so(within: Any) -> None:
    with running("plain", trace=False, LOCKTRACE_CORE="py") as target:
        target.expect("ready")
        done = within("dump", str(target.pid), "--detach")
    assert done.returncode == 0
    assert f"the C core does not serve in process {target.pid}" in done.stderr
    assert "(its environment has LOCKTRACE_CORE=py)" in done.stderr
    assert "only observed" in done.stderr


def test_who_keeps_the_gil_of_a_process_that_cannot_be_entered_is_named(locktrace: Any) -> None:
    with running("gil_hog", trace=False) as target:
        target.expect("started")
        target.tell("600")
        done = locktrace("dump", str(target.pid))
    assert done.returncode == 9
    assert "a C call keeps the GIL; nothing was changed, try again" in done.stderr
    assert "(py-spy sees it with MainThread, in checksum (gil_hog.py:12))" in done.stderr
