"""Where the kernel cannot be asked, one sentence says why and what helps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from locktrace.errors import KernelViewError, NotPermittedError
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.engine import Engine
from tests.support import environment, eventually, running

AS_NOBODY = """
import os, pwd, sys
from locktrace.errors import LocktraceError
from locktrace.observe.kernel import preflight
os.setuid(pwd.getpwnam("nobody").pw_uid)
try:
    preflight.check()
except LocktraceError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_bpftrace(folder: Path, says: str) -> Path:
    """A program of that name which only prints `says`."""
    program = folder / "bpftrace"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_capabilities", lambda: 1 << 21)


def test_no_bpftrace(folder: Path) -> None:
    with pytest.raises(KernelViewError, match=r"not found: Debian's package is bpftrace"):
        preflight.check()


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ("bpftrace v0.16.0", r"bpftrace 0\.16 is too old .* needs 0\.17 or newer"),
        ("hello", "does not say which version"),
    ],
)
def test_a_bpftrace_that_will_not_do(folder: Path, as_root: None, says: str, sentence: str) -> None:
    put_bpftrace(folder, says)
    with pytest.raises(KernelViewError, match=sentence):
        preflight.check()


def test_no_tracefs_has_the_remedy(
    folder: Path, as_root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_bpftrace(folder, "bpftrace v0.17.0")
    monkeypatch.setattr(preflight, "TRACEFS", (folder / "tracing",))
    with pytest.raises(KernelViewError, match=r"`mount -t tracefs tracefs .*tracing` mounts it"):
        preflight.check()


def test_a_kernel_without_the_tracepoints(
    folder: Path, as_root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_bpftrace(folder, "bpftrace v0.17.0")
    (folder / "events" / "sched" / "sched_waking").mkdir(parents=True)
    monkeypatch.setattr(preflight, "TRACEFS", (folder,))
    with pytest.raises(KernelViewError, match="no tracepoint syscalls/sys_enter_futex"):
        preflight.check()
    (folder / "events" / "syscalls" / "sys_enter_futex").mkdir(parents=True)
    assert preflight.check() == str(folder / "bpftrace")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.usefixtures("kernel")
def test_who_is_not_root_is_told_so() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (4, "")
    assert "needs root, or the capabilities CAP_BPF and CAP_PERFMON" in done.stdout


def test_a_root_without_the_capabilities_is_told_how_a_container_gets_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_bpftrace(folder, "bpftrace v0.17.0")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(preflight, "_capabilities", lambda: 0)
    with pytest.raises(NotPermittedError, match="`--cap-add BPF --cap-add PERFMON`"):
        preflight.check()


def test_a_kernel_that_is_locked_down(
    folder: Path, as_root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_bpftrace(folder, "bpftrace v0.17.0")
    monkeypatch.setattr(preflight, "LOCKDOWN", folder / "lockdown")
    (folder / "lockdown").write_text("none integrity [confidentiality]\n")
    with pytest.raises(KernelViewError, match="is locked down"):
        preflight.check()


def test_two_capabilities_do_as_well_as_root() -> None:
    assert preflight._may_trace(1 << 38 | 1 << 39)
    assert preflight._may_trace(1 << 21)
    assert not preflight._may_trace(1 << 39)


def test_an_engine_that_dies_at_once_is_quoted(tmp_path: Path) -> None:
    program = tmp_path / "bpftrace"
    program.write_text("#!/bin/sh\necho 'WARNING: noise' >&2\necho 'ERROR: no luck' >&2\nexit 3\n")
    program.chmod(0o755)
    engine = Engine(str(program), [1, 2])
    with pytest.raises(KernelViewError, match=r"has ended \(exit code 3\): ERROR: no luck$"):
        eventually(lambda: engine.lines(1.0) or None)
    engine.close()


def test_an_engine_that_never_ends_its_line_is_given_up(tmp_path: Path) -> None:
    program = tmp_path / "bpftrace"
    program.write_text("#!/bin/sh\nexec cat /dev/zero\n")
    program.chmod(0o755)
    engine = Engine(str(program), [])
    with pytest.raises(KernelViewError, match="a line without an end"):
        eventually(lambda: engine.lines(1.0) or None)
    engine.close()


@pytest.mark.parametrize("command", ["watch", "attach", "dump"])
def test_the_command_says_it_in_one_sentence_with_its_code(command: str, tmp_path: Path) -> None:
    with running("kernel_waits", trace=False) as target:
        target.read()
        done = subprocess.run(
            [sys.executable, "-m", "locktrace", command, str(target.pid), "--source", "kernel"],
            env=environment(trace=False, PATH=str(tmp_path)),
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (10, "")
    assert done.stderr.startswith("locktrace: the kernel's view needs bpftrace")
    assert done.stderr.count("\n") == 1
