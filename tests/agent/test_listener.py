"""The socket by which observers find the agent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from locktrace.agent.listener import Listener


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
