"""The screen in a real terminal, on the real demo server: the story without a key pressed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.support import ROOT, environment, eventually

Screen = Callable[[], str]

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


def tmux(*arguments: str) -> str:
    done = subprocess.run(
        ["tmux", "-L", "locktrace-test", *arguments],
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
    command = f"{sys.executable} -m locktrace demo --reload-every 4s"
    name = f"demo-{width}"
    tmux("new-session", "-d", "-s", name, "-x", str(width), "-y", str(height), command)
    yield lambda: tmux("capture-pane", "-p", "-t", name)
    tmux("kill-session", "-t", name)


def test_the_leak_shows_before_the_stall_and_both_by_themselves(screen: Screen) -> None:
    def shows(*words: str) -> Callable[[], bool]:
        return lambda: all(word in screen() for word in words)

    eventually(shows("LEAK", "V2Filter.ip_table", "LIVE"), "the leak")
    eventually(shows("STALLED", "reload", "blocked"), "the stall")
