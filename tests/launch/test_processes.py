"""Finding processes by what they are, and saying why one cannot be observed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from locktrace.errors import NoSuchProcessError, NotTracedError
from locktrace.launch import processes
from tests.support import eventually, observed, running


def test_a_process_that_has_ended_unreaped_is_no_process() -> None:
    ended = subprocess.Popen(["true"])
    eventually(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE, "the end")
    with pytest.raises(NoSuchProcessError):
        processes.find(ended.pid)
    ended.wait()


@pytest.mark.parametrize("pid", [-1, 2**40])
def test_a_number_that_is_no_pid_is_no_process(pid: int) -> None:
    with pytest.raises(NoSuchProcessError, match="there is no process"):
        processes.find(pid)


def test_our_own_process_is_python_and_sleep_is_not() -> None:
    assert processes.is_python(psutil.Process())
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        eventually(lambda: psutil.Process(sleeper.pid).name() == "sleep", "the exec")
        assert not processes.is_python(psutil.Process(sleeper.pid))
        sleeper.kill()


def test_a_socket_that_another_process_answers_is_not_trusted() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target):
            place, *_of_an_earlier_pid = processes._sockets(
                psutil.Process(target.pid), os.geteuid()
            )
        ours = place.replace(str(target.pid), str(os.getpid()))
        Path(ours).symlink_to(place)
        with pytest.raises(NotTracedError, match="another process answers there"):
            processes.connect(os.getpid())


def test_a_folder_that_is_a_link_is_not_followed_and_nothing_in_it_is_removed(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / f"{os.getpid()}.sock").write_text("precious")
    (tmp_path / "run" / "locktrace").symlink_to(elsewhere)
    with pytest.raises(NotTracedError, match="Not a directory"):
        processes.connect(os.getpid())
    assert (elsewhere / f"{os.getpid()}.sock").read_text() == "precious"


def test_a_file_in_the_place_of_a_socket_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "locktrace"
    folder.mkdir(mode=0o700)
    (folder / f"{os.getpid()}.sock").write_text("precious")
    with pytest.raises(NotTracedError, match="a socket is there but cannot be used"):
        processes.connect(os.getpid())
    assert (folder / f"{os.getpid()}.sock").read_text() == "precious"


def test_traced_processes_are_listed_with_their_socket() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target):
            found = {p.pid: p for p in processes.python_processes()}
    assert found[target.pid].socket is not None
