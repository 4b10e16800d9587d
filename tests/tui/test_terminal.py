"""The screen in a real terminal, on the real demo server: the story without a key pressed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import ROOT, environment, eventually

Screen = Callable[[], str]

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


def tmux(server: Path, *arguments: str) -> str:
    """A command to the tmux that listens at `server`."""
    done = subprocess.run(
        ["tmux", "-S", str(server), *arguments],
        env=environment(trace=False, TERM="xterm-256color"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(params=[(80, 24), (200, 60)], ids=["80x24", "200x60"])
def screen(request: pytest.FixtureRequest) -> Iterator[Screen]:
    width, height = request.param
    command = f"{sys.executable} -m locktrace demo --reload-every 10s"
    with tempfile.TemporaryDirectory(prefix="tmux-") as folder:  # a socket's path must be short
        server = Path(folder) / "server"
        tmux(server, "new-session", "-d", "-x", str(width), "-y", str(height), command)
        yield lambda: tmux(server, "capture-pane", "-p")
        tmux(server, "kill-server")


def test_the_leak_shows_before_the_stall_and_both_by_themselves(screen: Screen) -> None:
    def shows(*words: str) -> Callable[[], bool]:
        return lambda: all(word in screen() for word in words)

    eventually(shows("LEAK", "V2Filter.ip_table", "LIVE"), "the leak")
    eventually(shows("STALLED", "reload", "blocked"), "the stall")
