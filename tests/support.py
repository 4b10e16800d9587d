"""Shared by all tests: real target programs, observed through the real socket."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from locktrace.diagnose import Thresholds
from locktrace.errors import NotTracedError
from locktrace.launch.environment import traced
from locktrace.launch.inject.method import Method
from locktrace.launch.processes import connect
from locktrace.launch.reach import reach
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.detach import detach
from locktrace.session import Session
from locktrace.view import View

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
TARGETS = ROOT / "tests" / "targets"
PATIENCE_S = 120.0  # an upper bound for a busy machine; nothing waits this long unless it fails
SOURCE_ROOTS = [ROOT, ROOT / "tui", ROOT / "demo_server"]


@functools.cache
def builds() -> dict[str, str]:
    """Each CPython from 3.11 on this machine: version -> executable; the present one included."""
    found = {_version(sys.executable): sys.executable}
    candidates = sorted(Path.home().glob(".pyenv/versions/*/bin/python"))
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidates += sorted(Path(folder).glob("python3.1[1-9]"))
    for candidate in candidates:
        version = _version(str(candidate))
        if re.match(r"3\.1[1-5]\.", version):
            found.setdefault(version, str(candidate))
    return found


@functools.cache
def interpreters() -> dict[str, str]:
    """One of each minor version, the present one of its own: what the agent does is the same in
    all builds of a minor. How it gets in is not, so that is tested with all `builds`.
    """
    found: dict[str, tuple[str, str]] = {}
    for version, executable in builds().items():
        found.setdefault(version.rpartition(".")[0], (version, executable))
    return dict(found.values())


def _version(executable: str) -> str:
    try:
        done = subprocess.run(
            [
                executable,
                "-c",
                "import sys; print(sys.version.split()[0], sys.implementation.name)",
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except OSError:
        return ""
    version, _, implementation = done.stdout.strip().partition(" ")
    return version if implementation == "cpython" else ""


def environment(*, trace: bool = True, **extra: str) -> dict[str, str]:
    """What a target is started with: our source roots on its path, the agent on or off."""
    environ = {
        k: v
        for k, v in os.environ.items()
        if k == "LOCKTRACE_CORE" or not k.startswith("LOCKTRACE")
    }
    environ["PYTHONPATH"] = os.pathsep.join(map(str, SOURCE_ROOTS))
    environ.update(extra)
    return traced(environ) if trace else environ


def eventually(probe: Callable[[], T | None], what: str = "it") -> T:
    """The first that `probe` returns which is something: not None, False or empty.

    Fails after PATIENCE_S.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come about within {PATIENCE_S:.0f} s")


class Target:
    """A program from tests/targets, running; speaks by lines on stdin and stdout."""

    def __init__(self, name: str, *arguments: str, python: str = sys.executable, trace: bool = True,
                 **extra: str) -> None:  # fmt: skip
        self.process = subprocess.Popen(
            [python, str(TARGETS / f"{name}.py"), *arguments],
            env=environment(trace=trace, **extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self.process.pid

    def read(self) -> str:
        """The next line that the program prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def expect(self, line: str) -> None:
        """Wait for exactly this line."""
        said = self.read()
        assert said == line, f"the target said {said!r}\n{self._errors(said)}"

    def _errors(self, said: str) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read() if not said else ""

    def tell(self, line: str) -> None:
        """Send a line to the program."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close_input(self) -> None:
        """What the program reads from ends."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None

    def stop(self) -> None:
        """Have all its threads stand still, as by Ctrl-Z; some go on until the signal is taken."""
        self.process.send_signal(signal.SIGSTOP)
        states = Path(f"/proc/{self.pid}/task").glob("*/stat")
        for state in list(states):
            eventually(lambda state=state: ") T " in state.read_text(), "the stop")

    def finish(self) -> tuple[int, str, str]:
        """Its exit code, the rest of its output, its errors, once it has ended."""
        out, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, errors

    def source(self) -> AgentSource:
        """A connection to its agent, as soon as that listens."""

        reason = ""

        def attempt() -> AgentSource | None:
            nonlocal reason
            try:
                return AgentSource(connect(self.pid), self.pid)
            except NotTracedError as error:
                reason = str(error)
                if self.process.poll() is not None:
                    said = self.process.communicate()
                    raise AssertionError(f"the target has ended: {said}") from None
                return None

        try:
            return eventually(attempt, "the agent")
        except AssertionError as error:
            raise AssertionError(
                f"{error}: {reason}; its files and threads:\n{self._files()}\n{self._stacks()}"
            ) from None

    def _files(self) -> str:
        """What its descriptors are, and which Unix sockets there are."""
        numbers = Path(f"/proc/{self.pid}/fd").iterdir()
        open_here = [f"{number.name} {number.resolve()}" for number in numbers]  # or closed by now
        sockets = Path("/proc/net/unix").read_text().splitlines()
        return "\n".join([*open_here, *(line for line in sockets if f"{self.pid}.sock" in line)])

    def _stacks(self) -> str:
        """Where its threads are, as py-spy sees them."""
        command = [str(Path(sys.executable).with_name("py-spy")), "dump", "--pid", str(self.pid)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


@contextmanager
def running(name: str, *arguments: str, **options: str | bool) -> Iterator[Target]:
    """A target that is killed at the end, however the test ends."""
    target = Target(name, *arguments, **options)  # type: ignore[arg-type]
    try:
        yield target
    finally:
        target.process.kill()
        target.process.communicate()


@contextmanager
def observed(target: Target, thresholds: Thresholds | None = None) -> Iterator[Session]:
    """A session on a running target, its first ledger there."""
    session = Session(target.source(), thresholds=thresholds)
    try:
        session.settle(PATIENCE_S)
        yield session
    finally:
        session.close()


def until(session: Session, condition: Callable[[View], bool], what: str = "the view") -> View:
    """The first view that meets `condition`."""

    def look() -> View | None:
        view = session.poll(0.1)
        return view if condition(view) else None

    return eventually(look, what)


@contextmanager
def attached(pid: int, method: Method = Method.AUTO) -> Iterator[AgentSource]:
    """An agent brought into a process that runs without one, and taken out at the end."""
    source = AgentSource(reach(pid, method).connection, pid)
    try:
        yield source
    finally:
        source.close()
        detach(pid)
