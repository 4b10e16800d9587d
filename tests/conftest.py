"""Fixtures for every folder of tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.python_core import PythonRecorder
from tests.support import PATIENCE_S, environment, interpreters

ACCOUNT = """
import asyncio
import threading

import pytest

class Account:
    def __init__(self):
        self.guard = threading.Lock()
    def withdraw(self):
        self.guard.acquire()
    def deposit(self):
        with self.guard:
            pass

KEPT = []

def kept():
    KEPT.append(Account())
    return KEPT[-1]
"""


def pytest_configure() -> None:
    """What the programs that tests start are to inherit, whatever started the tests.

    A shell's background job ignores Ctrl-C, and would hand that on. Without bytecode each of
    thousands of processes would compile the agent, and the newer CPythons their own library.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session", autouse=True)
def _folders_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For what fixtures of a wider scope than a test start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets and saved snapshots of one test are its own."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(params=sorted(interpreters().items()), ids=lambda pair: pair[0])
def python(request: pytest.FixtureRequest) -> str:
    """The executable of each CPython on this machine."""
    executable: str = request.param[1]
    return executable


@pytest.fixture
def recorder() -> Iterator[PythonRecorder]:
    """A fresh recorder behind the primitives; nothing of `threading` is patched."""
    fresh = PythonRecorder()
    tap.recorder = fresh
    yield fresh
    tap.recorder = OFF
    faults, tap.faults[:] = list(tap.faults), []
    assert not faults, f"the agent swallowed faults of its own: {faults}"


@pytest.fixture
def run_tests(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    """`run_tests(source, *arguments, ini=…)`: pytest, in a process of its own, on one test file."""
    for name, value in environment(trace=False).items():
        monkeypatch.setenv(name, value)
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)

    def call(source: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        pytester.makepyfile(test_it=ACCOUNT + source)
        pytester.makeini(
            "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n" + ini
        )
        return pytester.runpytest_subprocess("--locktrace", *arguments, timeout=PATIENCE_S)

    return call
