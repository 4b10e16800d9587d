"""Processes that see other files than we do, or other pids, or belong to somebody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from locktrace.errors import CannotEnterError
from locktrace.launch.inject import by_ptrace
from locktrace.launch.inject.by_ptrace import _MFD_CLOEXEC, _Entrance
from locktrace.launch.inject.tracee import Tracee
from locktrace.launch.reach import reach
from locktrace.observe.agent_source import AgentSource
from tests.support import attached, environment, running

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do that")
SYSTEM_PYTHON = "/usr/bin/python3"  # what others may read too
NEEDS_SYSTEM_PYTHON = pytest.mark.skipif(
    not Path(SYSTEM_PYTHON).exists(), reason=f"there is no {SYSTEM_PYTHON}"
)

WAIT = "print('ready', flush=True)\nsys.stdin.read()\n"
IMPORTS = (
    "import os, sys, locktrace.agent.switch, locktrace.agent.c_core, locktrace.agent.python_core\n"
)
FORGET = (
    "for name in [n for n in sys.modules if n.startswith('locktrace')]: del sys.modules[name]\n"
)
LEAVE = "os.chroot(sys.argv[1])\nos.chdir('/')\n"
CHROOTED = IMPORTS + FORGET + LEAVE + WAIT  # what the agent needs of the standard library is there
BARE = "import os, sys\n" + LEAVE + WAIT
SOMEBODY = "import os, sys\n" + "os.setgid(65534)\nos.setuid(65534)\n" + WAIT
ELSEWHERE = (
    "import os, sys\nos.mkdir(sys.argv[1])\nos.chdir(sys.argv[1])\nos.rmdir(sys.argv[1])\n" + WAIT
)


@contextmanager
def waiting(*command: str, **environ: str) -> Iterator[int]:
    """The pid of a program of ours that waits for the end of its input, and then must end well."""
    process = subprocess.Popen(
        command,
        env={**environment(trace=False), **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        yield process.pid
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()
        process.communicate()


def dump(pid: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "locktrace", "dump", str(pid)],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=False,
    )


@AS_ROOT
@pytest.mark.parametrize("with_proc", [False, True])
def test_another_root(with_proc: bool, tmp_path: Path) -> None:
    jail = tmp_path / "jail"
    (jail / "tmp").mkdir(parents=True)
    (jail / "tmp").chmod(0o1777)
    (jail / "proc").mkdir()
    if with_proc and not mount("-t", "proc", "proc", str(jail / "proc")):
        pytest.skip("this root may not mount")
    try:
        with waiting(sys.executable, "-c", CHROOTED, str(jail), XDG_RUNTIME_DIR="") as pid:
            done = dump(pid)
            assert (done.returncode, done.stderr) == (0, "")
            assert f"process  {pid}," in done.stdout
            assert left_in(jail / "tmp") == {"locktrace-0", f"locktrace-0/{pid}.sock"}
            with attached(pid):
                pass
            assert left_in(jail / "tmp") == {"locktrace-0"}
    finally:
        if with_proc:
            subprocess.run(["umount", str(jail / "proc")], check=True)


@AS_ROOT
def test_another_root_without_a_standard_library(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    with waiting(sys.executable, "-c", BARE, str(tmp_path), XDG_RUNTIME_DIR="") as pid:
        done = dump(pid)
        assert done.returncode == 9
        assert "cannot reach its standard library any more (No module named" in done.stderr
        assert left_in(tmp_path / "tmp") == set()


def left_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def mount(*arguments: str) -> bool:
    return (
        subprocess.run(["mount", *arguments], stderr=subprocess.DEVNULL, check=False).returncode
        == 0
    )


def can_unshare(*options: str) -> bool:
    command = ["unshare", *options, "true"]
    return (
        shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0
    )


@AS_ROOT
def test_another_mount_and_pid_namespace_with_a_read_only_root(tmp_path: Path) -> None:
    options = ["--mount", "--pid", "--fork", "--mount-proc"]
    if os.geteuid() != 0 or not can_unshare(*options):
        pytest.skip("namespaces cannot be made here")
    python = Path(sys.executable).resolve()  # not the environment's, which may lie in /tmp
    if python.is_relative_to("/tmp") or python.is_relative_to("/var/tmp"):
        pytest.skip(f"{python} is hidden where /tmp is another")
    script = (
        "mount -t tmpfs none /tmp && mount -t tmpfs none /var/tmp && mount -o remount,bind,ro / "
        f'&& exec "{python}" -c "$0"'
    )
    with subprocess.Popen(
        ["unshare", *options, "sh", "-c", script, "import sys\n" + WAIT],
        env=environment(trace=False, XDG_RUNTIME_DIR=""),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as outside:
        assert outside.stdout is not None
        assert outside.stdout.readline() == "ready\n"
        [inside] = psutil.Process(outside.pid).children()
        with attached(inside.pid) as source:
            assert source.process.pid == inside.pid
            assert source.process.core == "c"
            done = dump(inside.pid)
            assert (done.returncode, done.stderr) == (0, "")
            assert f"MainThread [{inside.pid}]" in done.stdout or "MainThread [1]" in done.stdout
        outside.communicate()
        assert outside.returncode == 0


@contextmanager
def open_to_all() -> Iterator[str]:
    """A folder for temporary files as the system's is."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o1777)
        yield place


@AS_ROOT
@NEEDS_SYSTEM_PYTHON
def test_root_enters_the_process_of_somebody_else() -> None:
    with (
        open_to_all() as place,
        waiting(SYSTEM_PYTHON, "-c", SOMEBODY, XDG_RUNTIME_DIR="", TMPDIR=place) as pid,
    ):
        done = dump(pid)
        assert (done.returncode, done.stderr) == (0, "")
        assert "c core" in done.stdout
        with attached(pid):
            pass


AS_NOBODY = """
import os, sys
from locktrace import session
from locktrace.errors import LocktraceError
from locktrace.launch import reach
from locktrace.launch.inject.enter import plan
os.setuid(65534)
try:
    plan(int(sys.argv[1]))
except LocktraceError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@AS_ROOT
def test_somebody_else_does_not_enter_the_process_of_root() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(target.pid)],
            env=environment(trace=False),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 4
        assert "belongs to another user (uid 0)" in done.stdout
        assert f"`sudo locktrace attach {target.pid}`" in done.stdout


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with (
        waiting(sys.executable, "-c", ELSEWHERE, str(tmp_path / "gone")) as pid,
        attached(pid) as source,
    ):
        assert source.process.core == "c"


def test_without_memory_files_a_folder_is_used_and_empty_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_Entrance, "_load_from_memory", lambda *_: 0)
    with running("plain", trace=False, TMPDIR=str(tmp_path)) as target:
        target.expect("ready")
        with attached(target.pid):
            pass
    assert left_in(tmp_path / "run") == {"locktrace"}


def test_a_hostile_process_cannot_have_its_descriptors_written_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It may say that its memory file is whatever it could open for reading; we may be root."""
    precious = tmp_path / "precious"
    precious.write_text("kept")
    holding = "import os, sys\nos.dup2(os.open(sys.argv[1], os.O_RDONLY), 77)\n" + WAIT
    with waiting(sys.executable, "-c", holding, str(precious)) as pid:
        call = Tracee.call

        def lying(tracee: Tracee, function: int, *arguments: int) -> int:
            result = call(tracee, function, *arguments)
            return 77 if len(arguments) == 2 and arguments[1] == _MFD_CLOEXEC else result

        monkeypatch.setattr(Tracee, "call", lying)
        with attached(pid) as source:
            assert source.process.core == "c"
    assert precious.read_text() == "kept"


def test_no_place_for_the_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Entrance, "_load_from_memory", lambda *_: 0)
    monkeypatch.setattr(by_ptrace.Drop, "places", lambda *_: [])
    with running("plain", trace=False) as target:
        target.expect("ready")
        with pytest.raises(
            CannotEnterError, match="there is no folder that it and we can both use"
        ):
            reach(target.pid)
        monkeypatch.undo()
        source = AgentSource(reach(target.pid).connection, target.pid)
        source.close()
        target.close_input()
        assert target.finish()[0] == 0
