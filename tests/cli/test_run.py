"""`locktrace run`: the program is as it is under plain python, and its findings are told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support import PATIENCE_S, TARGETS, environment

PROGRAM = str(TARGETS / "program.py")


def plainly(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(trace=False),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_argv_path_and_stdin_are_as_under_plain_python(locktrace: Any) -> None:
    arguments = (PROGRAM, "show", "--report", "-x", "--help")
    traced = locktrace("run", *arguments, stdin="its input")
    assert json.loads(traced.stdout) == json.loads(plainly(*arguments, stdin="its input").stdout)


def test_a_module_runs_as_with_python_m(locktrace: Any) -> None:
    traced = locktrace("run", "-m", "json.tool", "--compact", stdin='{"a": 1}')
    assert (traced.returncode, traced.stdout) == (0, '{"a":1}\n')


def test_a_program_that_comes_through_a_pipe_is_read_by_python_alone(
    locktrace: Any, tmp_path: Path
) -> None:
    pipe = tmp_path / "program.py"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_text, args=("print('through the pipe')",))
    writing.start()
    traced = locktrace("run", str(pipe))
    writing.join()
    assert (traced.returncode, traced.stdout) == (0, "through the pipe\n")


@pytest.mark.parametrize("arguments", [("exit", "0"), ("exit", "3"), ("raise",)])
def test_the_exit_code_and_errors_are_the_programs_own(
    locktrace: Any, arguments: tuple[str, ...]
) -> None:
    traced, plain = locktrace("run", PROGRAM, *arguments), plainly(PROGRAM, *arguments)
    assert traced.returncode == plain.returncode
    assert traced.stderr.startswith(plain.stderr)
    assert traced.stdout == plain.stdout


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_program_that_dies_of_a_signal_makes_the_command_die_of_it(
    locktrace: Any, signum: signal.Signals
) -> None:
    assert locktrace("run", PROGRAM, "kill", str(int(signum))).returncode == -signum


def test_a_signal_sent_to_the_command_reaches_the_program() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "locktrace", "run", PROGRAM, "catch"],
        env=environment(trace=False),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.terminate()
    assert running.communicate()[0] == "caught\n"
    assert running.returncode == 3


def test_a_clean_program_is_told_to_be_clean_on_stderr_only(locktrace: Any) -> None:
    done = locktrace("run", PROGRAM)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("locktrace: no findings")


def test_a_lock_leaked_by_a_short_program_is_reported_and_fails_it(
    locktrace: Any, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    done = locktrace("run", "--report", str(report), str(TARGETS / "leak_at_exit.py"))
    assert done.returncode == 70
    assert "Account.guard" in done.stderr
    assert "leak_at_exit.py:11" in done.stderr
    document = json.loads(report.read_text())
    [finding] = document["findings"]
    assert finding["kind"] == "leaked-lock"
    assert finding["locks"][0]["name"] == "Account.guard"
    assert finding["sites"][0]["line"] == 11


def test_a_deadlock_ends_the_program_when_asked_to_and_names_both_threads(locktrace: Any) -> None:
    script = str(TARGETS / "lock_order.py")
    done = locktrace("run", "--on-stall", "exit", script, "--join")
    assert done.returncode == 70
    assert "deadlock" in done.stderr
    assert "transfer" in done.stderr
    assert "audit" in done.stderr
    assert done.stderr.count("ERROR deadlock") == 1
    assert "locktrace: 1 finding, told above: deadlock of lock_order." in done.stderr
    assert "lock_order.accounts" in done.stderr


def test_a_program_that_ignores_signals_is_ended_all_the_same(locktrace: Any) -> None:
    done = locktrace("run", "--on-stall", "exit", str(TARGETS / "stubborn.py"))
    assert done.returncode == 70
    assert "self-deadlock" in done.stderr


def test_a_hung_program_is_ended_though_nobody_reads_the_report_any_more() -> None:
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "locktrace",
            "run",
            "--on-stall",
            "exit",
            str(TARGETS / "stubborn.py"),
        ],
        env=environment(trace=False),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert running.stderr is not None
    running.stderr.close()
    assert running.wait(PATIENCE_S) == 70


def test_a_hung_program_is_ended_though_stderr_is_full_and_the_report_is_still_written(
    tmp_path: Path,
) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "locktrace", "run", "--on-stall", "exit", "--stall-after", "1"]
    command += ["--report", str(report), str(TARGETS / "hanging.py"), "with_a_full_stderr"]
    reader, writer = os.pipe()
    try:
        done = subprocess.run(
            command,
            env=environment(trace=False),
            stderr=writer,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 70
        kinds = [finding["kind"] for finding in json.loads(report.read_text())["findings"]]
        assert kinds == ["self-deadlock"]
    finally:
        os.close(reader)
        os.close(writer)


def test_contended_locks_are_listed_when_asked_for_with_where_they_are_waited_for(
    locktrace: Any,
) -> None:
    script = str(TARGETS / "contended.py")
    done = locktrace("run", "--contention", "--threshold", "stall-after=20", script)
    assert done.returncode == 0
    assert "Contended locks" in done.stderr
    assert "contended.table" in done.stderr
    assert "waited for in look_up (contended.py:17)" in done.stderr
    assert "held meanwhile in reload (contended.py:10)" in done.stderr
    assert "stall is told from 20 s on" in " ".join(done.stderr.split())
    assert "Contended" not in locktrace("run", script).stderr


def test_a_program_without_contention_is_said_to_have_none(locktrace: Any) -> None:
    assert "no lock was contended" in locktrace("run", "--contention", PROGRAM).stderr


def test_children_are_traced_too(locktrace: Any) -> None:
    done = locktrace("run", str(TARGETS / "spawning.py"))
    assert done.stdout == "True <class '_thread.lock'>\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["run"], "Missing argument"),
        (["run", "--reprot", "x", "program.py"], "there is no option --reprot"),
        (["run", "-m"], "-m needs the name of a module"),
        (["run", "sh", "program.py"], "sh is a command; run takes SCRIPT"),
        (["run", "/bin/sh", "program.py"], "/bin/sh is a command; run takes SCRIPT"),
        (["run", "--fail-on", "leak", "program.py"], "there is no finding kind 'leak'"),
        (["run", "--on-stall", "wait", "program.py"], "Invalid value for '--on-stall'"),
        (["run", "--threshold", "long=1", "program.py"], "there is no threshold 'long'"),
        (["run", "--threshold", "long-hold-after", "program.py"], "takes NAME=SECONDS, not"),
        (["run", "--threshold", "leak-after=soon", "program.py"], "takes NAME=SECONDS, not"),
        (["watch", "--threshold", "long=1", "1"], "there is no threshold 'long'"),
        (["attach", "--threshold", "leak-after=-1", "1"], "takes NAME=SECONDS, not"),
        (["dump", "--threshold", "leak-after=nan", "1"], "takes NAME=SECONDS, not"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    within: Any, arguments: list[str], complaint: str
) -> None:
    done = within(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_that_cannot_be_written_is_told_before_the_program_runs(
    within: Any, tmp_path: Path
) -> None:
    done = within("run", "--report", str(tmp_path / "none" / "r.json"), PROGRAM, "show")
    assert (done.returncode, done.stdout) == (7, "")
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_displaced_sitecustomize_still_runs(locktrace: Any, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('mine')\n")
    path = f"{tmp_path}:{environment(trace=False)['PYTHONPATH']}"
    done = locktrace("run", PROGRAM, PYTHONPATH=path)
    assert done.stdout.count("mine") == plainly_with(path).count("mine") + 1


def plainly_with(path: str) -> str:
    """What the command's own interpreter prints with the same PYTHONPATH."""
    done = subprocess.run(
        [sys.executable, "-c", ""],
        env=environment(trace=False, PYTHONPATH=path),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_program_that_ends_abruptly_is_said_to_have_kept_something_back(locktrace: Any) -> None:
    done = locktrace("run", str(TARGETS / "lock_order.py"), stdin="")
    assert "abruptly" not in done.stderr
    done = locktrace("run", str(TARGETS / "abrupt.py"))
    assert done.returncode == 9
    assert "ended abruptly; its last moments are not known" in done.stderr


def test_a_program_that_never_speaks_is_said_to_be_untraced(within: Any) -> None:
    done = within("run", "-I", PROGRAM)
    assert done.returncode == 2
    assert "there is no option -I" in done.stderr


SLOW_START = """
import sys
sys.executable, sys.argv[1:] = sys.argv[1], ["run", *sys.argv[2:]]
from locktrace.cli.app import main
main()
"""


def test_an_agent_that_answers_late_is_heard_all_the_same(tmp_path: Path) -> None:
    slow = tmp_path / "python"
    slow.write_text(f'#!/bin/sh\nsleep 2\nexec {sys.executable} "$@"\n')  # twice our patience
    slow.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", SLOW_START, str(slow), str(TARGETS / "leak_at_exit.py")],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 70, done.stderr
    assert "Account.guard" in done.stderr


@pytest.mark.parametrize("core", ["c", "py"])
def test_a_program_whose_first_act_keeps_the_interpreter_is_told_as_unresponsive(
    locktrace: Any, tmp_path: Path, core: str
) -> None:
    program = tmp_path / "power.py"
    program.write_text("base = 3\nbase**100_000_000\n")  # minutes, without an import before
    ran = locktrace("run", "--on-stall", "exit", str(program), LOCKTRACE_CORE=core)
    told = " ".join(ran.stderr.split())
    assert ran.returncode == 70, ran.stderr
    assert "MainThread keeps the GIL in <module> (power.py:2)" in told


@pytest.mark.parametrize("core", ["c", "py"])
def test_who_came_and_went_unseen_is_told_by_name_or_by_the_systems_thread_id(
    locktrace: Any, core: str
) -> None:
    ran = locktrace("run", str(TARGETS / "passers_by.py"), LOCKTRACE_CORE=core)
    told = " ".join(ran.stderr.split())
    assert f"ended thread {int(ran.stdout)} took passers_by.journal in transfer" in told
    assert "auditor took passers_by.accounts in audit" in told


def test_without_a_stderr_the_exit_code_is_the_same(tmp_path: Path) -> None:
    program = tmp_path / "leak.py"
    program.write_text(
        "import threading\nlock = threading.Lock()\ndef take(): lock.acquire()\ntake()\n"
    )
    command = '"$@" 2>&-'
    ran = subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-m", "locktrace", "run", str(program)],
        env=environment(trace=False),
        check=False,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 70
