"""py-spy on a real process; where it cannot look, the sentence that says so."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import stat
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from locktrace.model import Process, Site, ThreadStack
from locktrace.snapshots.stacks import py_spy_stacks, without_tracer
from tests.support import eventually

PY_SPY = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")


@pytest.fixture
def program(tmp_path):
    """Writes a shell script that stands in py-spy's place."""

    def write(script):
        file = tmp_path / "program"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return str(file)

    return write


def by_name(stacks):
    return {thread.name: thread for thread in stacks.threads}


def test_every_thread_of_a_real_process_is_seen(visible_target):
    stacks = py_spy_stacks(visible_target)
    assert stacks.note == ""
    worker = by_name(stacks)["worker-1"]
    file = visible_target.command[1]
    assert worker.frames[0] == Site(file, 8, "Worker.run")
    assert worker.native_id in {t.id for t in psutil.Process(visible_target.pid).threads()}
    assert by_name(stacks)["MainThread"].frames[-1] == Site(file, 15, "<module>")


def test_a_stopped_process_is_seen_and_stays_stopped(visible_target):
    process = psutil.Process(visible_target.pid)
    process.suspend()
    assert "worker-1" in by_name(py_spy_stacks(visible_target))
    eventually(lambda: process.status() == psutil.STATUS_STOPPED, "the stop, when py-spy lets go")
    process.send_signal(signal.SIGCONT)


def test_a_process_in_a_debugger_is_seen(visible_target):
    seize, detach = 0x4206, 17
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(seize, visible_target.pid, None, None) != 0:
        pytest.skip(f"ptrace is not permitted here ({os.strerror(ctypes.get_errno())})")
    try:
        assert "worker-1" in by_name(py_spy_stacks(visible_target))
    finally:
        libc.ptrace(detach, visible_target.pid, None, None)


def test_a_process_that_has_ended(target):
    process = psutil.Process(target.pid)
    process.kill()
    process.wait()
    assert py_spy_stacks(target).note == (
        f"Process {target.pid} has ended, so there are no present stacks."
    )


def test_a_process_that_has_the_pid_of_one_that_ended(target):
    stacks = py_spy_stacks(replace(target, created=target.created - 3600))
    assert stacks.threads == ()
    assert "has ended" in stacks.note


def test_a_py_spy_that_may_not_look(target, program):
    if os.geteuid() != 0 or not shutil.which("setpriv") or PY_SPY is None:
        pytest.skip("needs root, setpriv and py-spy to run py-spy as nobody")
    nobody = program(
        f'exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs {PY_SPY} "$@"'
    )
    note = py_spy_stacks(target, executable=nobody).note
    assert note.startswith(f"py-spy may not look into process {target.pid}: run locktrace as root")


def test_a_process_that_is_no_python(tmp_path):
    with psutil.Popen(["sleep", "600"]) as process:
        stacks = py_spy_stacks(Process(process.pid, process.create_time(), "", "", ()))
        process.kill()
    assert stacks.threads == ()
    assert stacks.note.endswith(".")


def test_no_py_spy_anywhere(target, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert py_spy_stacks(target).note == "py-spy was not found: `pip install py-spy` brings it."


def test_the_py_spy_beside_our_python_comes_before_that_on_path(target, monkeypatch, program):
    script = Path(program("echo elsewhere >&2; exit 1"))
    monkeypatch.setattr(sys, "executable", str(script.with_name("python")))
    script.rename(script.with_name("py-spy"))
    assert py_spy_stacks(target).note == "py-spy failed (elsewhere)."


@pytest.mark.parametrize(
    ("script", "note"),
    [
        ("exec sleep 600", "py-spy took longer than 0.5 s and was ended."),
        ("echo Error: bad moon >&2; exit 1", "py-spy failed (Error: bad moon)."),
        ("exit 4", "py-spy failed (without a word)."),
        ("echo '<html>'", "py-spy answered something else than its JSON; is it version 0.4?"),
        ("echo '[{}]'", "py-spy answered something else than its JSON; is it version 0.4?"),
        ("echo '{\"a\": 1}'", "py-spy answered something else than its JSON; is it version 0.4?"),
        ("echo 3", "py-spy answered something else than its JSON; is it version 0.4?"),
    ],
)
def test_what_else_goes_wrong_becomes_a_sentence(target, program, script, note):
    stacks = py_spy_stacks(
        target, executable=program(script), timeout=0.5 if "600" in script else 30
    )
    assert (stacks.threads, stacks.note) == ((), note)


def test_a_py_spy_that_cannot_be_started(target, tmp_path):
    (tmp_path / "nothing").write_text("")
    note = py_spy_stacks(target, executable=str(tmp_path / "nothing")).note
    assert note == "py-spy could not be started (Permission denied)."


def test_the_tracers_own_frames_and_thread_are_left_out():
    own = Site("/venv/lib/locktrace/agent/primitives/lock.py", 40, "traced_lock.acquire")
    theirs = Site("/app/filters.py", 48, "V2Filter.lookup")
    threads = [
        ThreadStack(1, "worker", (own, own, theirs)),
        ThreadStack(2, "agent", (own, own)),
        ThreadStack(3, "no frames", ()),
    ]
    kept = without_tracer(threads)
    assert [(thread.name, thread.frames) for thread in kept] == [
        ("worker", (theirs,)),
        ("no frames", ()),
    ]
