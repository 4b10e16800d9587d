"""Runs the real command as a person would."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from locktrace.cli.app import main
from tests.support import PATIENCE_S, environment

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """As `locktrace`, of a command that starts nothing: it is run by this process, which has all
    loaded that a process of its own would load first.
    """

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["locktrace", *arguments]
        monkeypatch.setattr(sys, "argv", command)
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        out, errors = capsys.readouterr()
        return subprocess.CompletedProcess(command, code, out, errors)

    return call


@pytest.fixture
def locktrace() -> Command:
    """`locktrace(*arguments)`: the finished process, its output as text."""

    def call(*arguments: str, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "locktrace", *arguments]
        process = subprocess.Popen(
            command,
            env=environment(trace=False, **extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, errors = process.communicate(stdin, timeout=PATIENCE_S)
        finally:  # however the test ends, nothing that the command has started goes on
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, errors)

    return call
