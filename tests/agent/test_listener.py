"""The socket by which observers find the agent."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from locktrace.agent.listener import Listener
from locktrace.errors import NotTracedError
from locktrace.launch.processes import connect


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Listener:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return Listener("1.sock")


def test_it_is_intact_until_its_file_is_gone_or_another_s(listener: Listener) -> None:
    place = Path(listener.path)
    assert listener.intact
    place.rename(place.with_name("kept"))
    assert not listener.intact
    place.touch()
    assert not listener.intact
    listener.close(unlink=True)
    assert place.exists()


def test_an_observer_that_looks_while_it_is_made_does_not_take_it_for_one_left_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked = []

    class Watched(socket.socket):
        def listen(self, backlog: int = 0) -> None:
            with pytest.raises(NotTracedError) as error:
                connect(os.getpid())
            looked.append(str(error.value))
            super().listen(backlog)

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", Watched)
        listener = Listener(f"{os.getpid()}.sock")
    assert ["left behind" in said for said in looked] == [False]
    connect(os.getpid()).close()
    listener.close(unlink=True)


def test_one_whose_file_has_gone_before_it_was_looked_at_is_not_intact(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    rename = os.rename

    def rename_and_clean(old: str, new: str) -> None:
        rename(old, new)
        Path(new).unlink()

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", rename_and_clean)
        listener = Listener("1.sock")
    assert not listener.intact
    listener.close(unlink=True)


def test_its_file_goes_with_it(listener: Listener) -> None:
    listener.close(unlink=True)
    assert not Path(listener.path).exists()


def test_a_forked_child_that_does_not_know_it_is_one_leaves_the_file(listener: Listener) -> None:
    child = os.fork()
    if child == 0:
        listener.close(unlink=True)
        os._exit(0)
    os.waitpid(child, 0)
    assert listener.intact
    listener.close(unlink=True)
