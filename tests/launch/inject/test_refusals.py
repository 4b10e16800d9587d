"""What cannot be entered is refused in one sentence with an exit code, and left unharmed."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from locktrace.errors import (
    CannotEnterError,
    NoSuchProcessError,
    NotTracedError,
    UnsupportedTargetError,
)
from locktrace.launch.inject import by_ptrace, visit
from locktrace.launch.inject.enter import plan
from locktrace.launch.inject.method import Method
from locktrace.launch.reach import intention, reach
from tests.support import attached, environment, eventually, running

NEEDS_COMPILER = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")


@contextmanager
def started(*command: str | Path) -> Iterator[int]:
    """The pid of a program that runs."""
    process = subprocess.Popen(list(map(str, command)))
    there = psutil.Process(process.pid)
    try:
        eventually(
            lambda: there.exe() == str(command[0]) and there.status() == psutil.STATUS_SLEEPING,
            "the program",
        )
        yield process.pid
        assert process.poll() is None, "it was harmed"
    finally:
        process.kill()
        process.wait()


def sleep_called(name: str, folder: Path) -> Path:
    """A program under another name; it sleeps."""
    program = folder / name
    shutil.copy("/bin/sleep", program)
    return program


def compiled(source: str, name: str, folder: Path) -> Path:
    """A program whose symbols can be seen from outside, as an interpreter's can."""
    code, program = folder / "program.c", folder / name
    code.write_text(source)
    subprocess.run(["gcc", "-rdynamic", str(code), "-o", str(program)], check=True)
    return program


PYPY = "runs PyPy; only CPython can be entered"
TOO_OLD = "runs Python 3.9, which is too old: CPython 3.11 to 3.15 can be entered"


@pytest.mark.parametrize(
    ("name", "sentence"), [("pypy3.10", PYPY), ("python3.9", TOO_OLD), ("nap", "is not a Python")]
)
def test_another_interpreter_or_none(name: str, sentence: str, tmp_path: Path) -> None:
    with (
        started(sleep_called(name, tmp_path), "60") as pid,
        pytest.raises(UnsupportedTargetError, match=sentence) as raised,
    ):
        plan(pid)
    assert raised.value.exit_code == 8


VERSION = """
#include <unistd.h>
const unsigned long Py_Version = 0x{version:x};
struct {{ char magic[8]; unsigned long version, free_threaded; }}
    _PyRuntime = {{"xdebugpy", 0x{version:x}, {free_threaded}}};
int main(void) {{ sleep(60); return 0; }}
"""


@NEEDS_COMPILER
@pytest.mark.parametrize(
    ("version", "free_threaded", "sentence"),
    [
        (0x030900F0, 0, "Python 3.9.0, which is too old: CPython 3.11 to 3.15 can be entered"),
        (0x031000F0, 0, "CPython 3.16.0, which is too new: CPython 3.11 to 3.15 can be entered"),
        (0x030D00F0, 1, "a free-threaded CPython 3.13.0, which is not supported yet"),
    ],
)
def test_a_python_of_another_age_or_without_a_gil(
    version: int, free_threaded: int, sentence: str, tmp_path: Path
) -> None:
    source = VERSION.format(version=version, free_threaded=free_threaded)
    with (
        started(compiled(source, "embedding", tmp_path)) as pid,
        pytest.raises(UnsupportedTargetError, match=sentence),
    ):
        plan(pid)


def test_a_name_cannot_move_the_cursor_of_the_terminal_it_is_read_on(tmp_path: Path) -> None:
    with started(sleep_called("\x1b[2Jnap", tmp_path), "60") as pid:
        done = subprocess.run(
            [sys.executable, "-m", "locktrace", "dump", str(pid)],
            env=environment(trace=False),
            capture_output=True,
            text=True,
            check=False,
        )
    said = f"locktrace: process {pid} (\\x1b[2Jnap) is not a Python process\n"
    assert (done.returncode, done.stderr) == (8, said)


def test_an_answer_that_lacks_everything_is_no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_ptrace, "enter", lambda *_: {"ok": "yes"})
    monkeypatch.setattr("locktrace.launch.reach.COME_UP_S", 0.0)
    with running("plain", trace=False) as target:
        target.expect("ready")
        with pytest.raises(NotTracedError, match="does not run the locktrace agent"):
            reach(target.pid)


PAUSE_32 = bytes.fromhex("b81d000000cd80ebf7")  # mov eax, 29 (pause); int 0x80; again


@pytest.mark.skipif(platform.machine() != "x86_64", reason="a program for x86")
def test_a_32_bit_program(tmp_path: Path) -> None:
    begin, size = 0x8048000, 84 + len(PAUSE_32)
    head = b"\x7fELF\x01\x01\x01" + bytes(9)
    head += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, begin + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<8I", 1, 0, begin, begin, size, size, 5, 0x1000)
    program = tmp_path / "python3"
    program.write_bytes(head + segment + PAUSE_32)
    program.chmod(0o755)
    try:
        with subprocess.Popen([program]) as process:
            process.kill()
    except OSError as error:
        pytest.skip(f"this kernel runs no 32-bit programs: {error}")
    with started(program) as pid, pytest.raises(UnsupportedTargetError, match="a 32-bit program"):
        plan(pid)


def test_a_stopped_process_is_told_with_the_way_to_go_on() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        os.kill(target.pid, signal.SIGSTOP)
        eventually(lambda: psutil.Process(target.pid).status() == psutil.STATUS_STOPPED, "the stop")
        with pytest.raises(CannotEnterError, match=f"`kill -CONT {target.pid}`") as raised:
            reach(target.pid)
        assert raised.value.exit_code == 9
        os.kill(target.pid, signal.SIGCONT)
        with attached(target.pid):
            pass


def test_a_zombie_and_a_thread_of_the_kernel_are_told_apart() -> None:
    ended = subprocess.Popen(["true"])
    eventually(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE, "the end")
    with pytest.raises(NoSuchProcessError, match="its parent has not collected it"):
        reach(ended.pid)
    ended.wait()
    if psutil.pid_exists(2) and psutil.Process(2).name() == "kthreadd":
        with pytest.raises(UnsupportedTargetError, match="kthreadd"):
            plan(2)


def test_a_process_with_a_filter_of_system_calls_is_left_alone() -> None:
    filtered = (
        "import ctypes, time\n"
        "libc = ctypes.CDLL(None)\n"
        "allow = (ctypes.c_uint16 * 4).from_buffer_copy(bytes([6, 0, 0, 0, 0, 0, 255, 127]))\n"
        "program = (ctypes.c_uint64 * 2)(1, ctypes.addressof(allow))\n"
        "libc.prctl(38, 1, 0, 0, 0)\n"
        "assert libc.prctl(22, 2, program) == 0\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", filtered], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(CannotEnterError, match="a seccomp filter of its own"):
        reach(process.pid)
    process.kill()
    process.communicate()


def test_a_process_that_is_traced_already() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        if shutil.which("strace") is None:
            pytest.skip("there is no strace to trace it with")
        strace = subprocess.Popen(
            ["strace", "-qq", "-o", "/dev/null", "-p", str(target.pid)],
            stderr=subprocess.DEVNULL,
        )
        eventually(lambda: tracer_of(target.pid) == strace.pid, "strace")
        done = subprocess.run(
            [sys.executable, "-m", "locktrace", "dump", str(target.pid)],
            env=environment(trace=False),
            capture_output=True,
            text=True,
            check=False,
        )
        strace.terminate()
        strace.wait()
    assert done.returncode == 4
    assert f"is being traced by strace (pid {strace.pid}) already" in done.stderr


def tracer_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("TracerPid:")[1].split()[0])


def test_a_gil_that_is_not_let_go_is_told_and_a_later_attach_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(visit, "GIL_S", 0.3)
    with running("blocking", "keeping_the_gil", trace=False) as target:
        target.expect("ready")
        for _ in range(3):
            with pytest.raises(
                CannotEnterError, match="a C call keeps the GIL; nothing was changed"
            ):
                reach(target.pid)
        target.tell("go on")
        assert target.finish() == (0, "(1, 0)\n", "")
    monkeypatch.undo()
    with running("blocking", "spinning_in_c", trace=False) as target:
        target.expect("ready")
        with attached(target.pid):
            pass


def test_another_version_that_the_program_has_imported_is_named() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        target.tell("own_locktrace")
        target.expect("None")
        with pytest.raises(CannotEnterError, match=r"its own locktrace, version 0\.0\.9"):
            reach(target.pid)


def test_the_intention_is_told_and_nothing_done() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        version = sys.version.split()[0]
        told = intention(target.pid)
        assert told.startswith(f"process {target.pid} runs CPython {version} and would be entered")
        assert "by ptrace; not by remote-exec: " in told
        assert intention(target.pid, Method.PTRACE) == told
        with attached(target.pid):
            assert "carries the agent already" in intention(target.pid)


def test_a_way_that_cannot_be_gone_is_refused() -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("this Python has remote_exec")
    with running("plain", trace=False) as target:
        target.expect("ready")
        with pytest.raises(
            CannotEnterError, match=r"not by remote-exec: CPython \S+ does not have it"
        ):
            plan(target.pid, Method.REMOTE_EXEC)


def test_itself() -> None:
    with pytest.raises(CannotEnterError, match="cannot attach to itself"):
        plan(os.getpid())
