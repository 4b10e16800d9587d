"""attach, watch, dump, ps and stalls on real processes; every failure is a sentence and a code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locktrace.cli import watch
from locktrace.errors import NoSuchProcessError, NotTracedError
from locktrace.launch import processes
from tests.support import environment, eventually, observed, running, until


@pytest.fixture
def quiet_process():  # type: ignore[no-untyped-def]
    """A plain Python process without the agent."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"],
                               stdin=subprocess.PIPE)  # fmt: skip
    yield process
    process.communicate()


AS_NOBODY = """
import os, pwd, sys
from locktrace import session
from locktrace.cli.observing import observe
from locktrace.errors import LocktraceError
from locktrace.launch import processes, reach
from locktrace.observe import agent_source
os.setuid(pwd.getpwnam("nobody").pw_uid)  # when all is imported: nobody may not read our Python
try:
    observe(int(sys.argv[1]))
except LocktraceError as error:
    print(error)
    sys.exit(error.exit_code)
"""
NO_PID = str(2**22 + 1)  # beyond the kernel's largest


@pytest.mark.parametrize("command", ["attach", "watch", "dump"])
class TestFailures:
    def test_no_such_process(self, within: Any, command: str) -> None:
        done = within(command, NO_PID)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == f"locktrace: there is no process {NO_PID}\n"

    def test_no_python_at_all(self, within: Any, command: str) -> None:
        with subprocess.Popen(["sleep", "60"]) as sleeper:
            done = within(command, str(sleeper.pid))
            sleeper.kill()
        assert done.returncode == 8
        assert "is not a Python process" in done.stderr

    def test_a_negative_pid(self, within: Any, command: str) -> None:
        done = within(command, "--", "-5")
        assert done.returncode == 3
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_elses_process_may_not_be_observed() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(target.pid)],
            env=environment(trace=False),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    assert "only that user or root may observe it" in done.stdout


def test_a_socket_left_by_a_killed_process_is_removed_and_not_trusted(
    within: Any, tmp_path: Path, quiet_process: Any
) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target):
            pass
        left = tmp_path / "run" / "locktrace" / f"{target.pid}.sock"
        target.process.kill()
        target.process.wait()
    reused = left.with_name(f"{quiet_process.pid}.sock")
    left.rename(reused)
    done = within("detach", str(quiet_process.pid))
    assert done.returncode == 5
    assert "left behind by a process that is gone" in done.stderr
    assert not reused.exists()


def test_dump_prints_who_holds_what_with_stacks(locktrace: Any) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target) as session:
            until(session, lambda view: bool(view.findings), "the leak")
        done = locktrace("dump", str(target.pid))
    assert done.returncode == 0, done.stderr
    assert "Filter.ip_table" in done.stdout
    assert "leaked_read_lock.py:50" in done.stdout
    assert "self.ip_table.r_lock()" in done.stdout


def test_dump_as_json_follows_the_schema_and_goes_to_a_file(within: Any, tmp_path: Path) -> None:
    output = tmp_path / "dump.json"
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        arguments = ("dump", str(target.pid), "--format", "json", "-o", str(output))
        done = within(*arguments)
    assert (done.returncode, done.stdout) == (0, "")
    document = json.loads(output.read_text())
    assert document["schema"] == 1
    assert document["process"]["pid"] == target.pid
    assert len(document["holds"]) == 3


def test_a_dump_that_cannot_be_written_is_a_sentence(within: Any, tmp_path: Path) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        done = within("dump", str(target.pid), "-o", str(tmp_path / "none" / "x"))
    assert done.returncode == 7
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr


def test_ps_lists_traced_and_untraced_processes(within: Any, quiet_process: Any) -> None:
    with running("leaked_read_lock", LOCKTRACE_CORE="py") as target:
        target.expect("leaked")
        with observed(target):
            lines = within("ps").stdout.splitlines()
    rows = {int(line.split()[0]): line.split() for line in lines[1:]}
    version = sys.version.split()[0]
    assert rows[target.pid][1:3] == ["yes", version]
    assert rows[target.pid][3] in {"c", "python"}
    assert rows[quiet_process.pid][1:3] == ["no", version.rpartition(".")[0]]


def test_watch_as_lines_tells_the_leak_and_then_the_end(locktrace: Any) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target) as session:
            until(session, lambda view: bool(view.findings), "the leak")
        watching = subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--plain"],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        said = ""
        while "leaked-lock" not in said:
            line = watching.stdout.readline()
            assert line, "watch ended early"
            said += line
        target.process.kill()
        _, errors = watching.communicate()
    assert watching.returncode == 6
    assert "has ended without a goodbye" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("pids", "outcome"),
    [([], "no traced process is running"), ([7, 8], r"2 traced processes are running \(7, 8\)")],
)
def test_watch_without_a_pid_asks_which_unless_there_is_one(
    monkeypatch: pytest.MonkeyPatch, pids: list[int], outcome: str
) -> None:
    monkeypatch.setattr(processes, "python_processes", lambda: map(traced_process, pids))
    with pytest.raises(NotTracedError, match=outcome):
        watch.watch(None)


def traced_process(pid: int) -> processes.PythonProcess:
    return processes.PythonProcess(pid, 0.0, "me", ("python",), "/somewhere")


def test_watch_without_a_pid_takes_the_only_traced_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "python_processes", lambda: [traced_process(int(NO_PID))])
    with pytest.raises(NoSuchProcessError, match=NO_PID):
        watch.watch(None)


def test_a_stall_is_saved_and_can_be_listed_and_shown(within: Any) -> None:
    from locktrace.diagnose import Thresholds
    from locktrace.session import Session
    from locktrace.snapshots.store import StallStore

    with running("lock_order") as target:
        target.expect("started")
        session = Session(target.source(), thresholds=Thresholds(), store=StallStore())
        until(session, lambda view: bool(view.stalls), "the stall snapshot")
        session.close()
    listed = within("stalls").stdout
    id = listed.split()[0]
    assert "deadlock" in listed.lower()
    assert "Deadlock" in within("stalls", "show", id).stdout
    assert Path(within("stalls", "path").stdout.strip()).is_dir()


def test_a_stall_that_was_never_saved_is_a_sentence(within: Any) -> None:
    done = within("stalls", "show", "20260101-000000-1")
    assert done.returncode == 1
    assert "no saved stall snapshot" in done.stderr
    assert eventually(lambda: "Traceback" not in done.stderr)


def test_a_stall_that_cannot_be_saved_is_printed_instead(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with running("lock_order") as target:
        target.expect("started")
        with observed(target) as session:
            until(session, lambda view: bool(view.findings), "the deadlock")
        watching = subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--plain"],
            env=environment(trace=False, XDG_STATE_HOME=str(blocked)),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        said = ""
        while "Threads" not in said:
            line = watching.stdout.readline()
            assert line, f"watch ended early after {said}"
            said += line
        watching.kill()
        watching.communicate()
    assert "shown here as it is not saved" in said
