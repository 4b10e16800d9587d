"""Runs the real command as a person would."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support import PATIENCE_S, environment

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def locktrace() -> Command:
    """`locktrace(*arguments)`: the finished process, its output as text."""

    def call(*arguments: str, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "locktrace", *arguments],
            env=environment(trace=False, **extra),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    return call
