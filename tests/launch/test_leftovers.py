"""What killed processes have left in the folder of sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from locktrace.launch import leftovers

LIVING, GONE = 1, 4_194_305  # beyond what Linux gives


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    folder = tmp_path / "locktrace"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def bind(folder: Path) -> Iterator[Any]:
    with ExitStack() as stack:

        def bind(name: str, *, listens: bool) -> None:
            made = stack.enter_context(socket.socket(socket.AF_UNIX))
            made.bind(str(folder / name))
            if listens:
                made.listen(1)

        yield bind


def left(folder: Path) -> set[str]:
    leftovers.clear()
    return {file.name for file in folder.iterdir()}


def test_a_socket_is_removed_once_its_process_is_gone_and_nobody_listens(
    folder: Path, bind: Any
) -> None:
    assert psutil.pid_exists(LIVING)
    assert not psutil.pid_exists(GONE)
    for name in (f"{GONE}.sock", f".{GONE}.sock", f"run-{GONE}.sock", f"{LIVING}.sock"):
        bind(name, listens=False)
    bind(f"{GONE + 1}.sock", listens=True)  # of another pid namespace
    assert left(folder) == {f"{LIVING}.sock", f"{GONE + 1}.sock"}


def test_what_is_no_socket_of_ours_stays(folder: Path, bind: Any) -> None:
    bind(f"{GONE}.socket", listens=False)
    bind(f"a{GONE}.sock", listens=False)
    (folder / f"{GONE}.sock").write_text("no socket")
    assert len(left(folder)) == 3


def test_a_folder_that_others_may_enter_is_left_alone(folder: Path, bind: Any) -> None:
    bind(f"{GONE}.sock", listens=False)
    folder.chmod(0o755)
    assert left(folder) == {f"{GONE}.sock"}
