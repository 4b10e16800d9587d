"""A server in this process or in one of its own, and dnspython to ask it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dns.exception
import dns.message
import dns.query
import pytest

import locktrace_demo
from locktrace_demo.server import Server, Settings
from locktrace_demo.stores import open_store
from tests.support import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCE_ROOT = Path(locktrace_demo.__file__).parent.parent


@pytest.fixture
def source_root() -> Path:
    """The folder that `locktrace_demo` is imported from."""
    return SOURCE_ROOT


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; fails after a deadline that only a broken program reaches."""

    def wait(condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "the condition never came true"
            time.sleep(0.002)

    return wait


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers in this process, on a free port; healthy ones unless told otherwise."""
    with ExitStack() as stack:

        def start(store: str = "sqlite::memory:", **settings: object) -> Server:
            opened = stack.enter_context(closing(open_store(store)))
            chosen = Settings(**{"port": 0, "scenario": "healthy"} | settings)
            return stack.enter_context(Server(chosen, opened))

        yield start


@pytest.fixture
def ask() -> Callable[..., dns.message.Message]:
    """Ask the server on a port by dnspython, which checks id, question and format of the answer."""

    def query(
        port: int, name: str, rdtype: str = "A", tcp: bool = False, **options: object
    ) -> dns.message.Message:
        message = dns.message.make_query(name, rdtype, **options)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(message, "127.0.0.1", port=port, timeout=PATIENCE_S)

    return query


@pytest.fixture
def is_answered() -> Callable[..., bool]:
    """Whether the server on a port answers a query within half a second."""

    def answered(port: int, name: str = "www.example.") -> bool:
        try:
            dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", port=port, timeout=0.5)
        except dns.exception.Timeout:
            return False
        return True

    return answered


@dataclass
class Demo:
    """``python -m locktrace_demo`` in a process of its own."""

    process: subprocess.Popen[str]
    first_line: str
    errors: Path

    @property
    def port(self) -> int:
        return int(re.search(r":(\d+) \(udp\+tcp\)", self.first_line)[1])

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Start the demo with options, on a free port; gives it back once it serves."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, command: tuple[str, ...] = (sys.executable,), **popen: object) -> Demo:
        errors = tmp_path / f"stderr-{len(started)}"
        environment = os.environ | {"PYTHONPATH": str(SOURCE_ROOT)}
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                [*command, "-m", "locktrace_demo", "--port", "0", *options],
                **{"stdout": subprocess.PIPE, "text": True, "env": environment} | popen,
                stderr=stderr,
            )
        started.append(process)
        ready = select.select([process.stdout], [], [], PATIENCE_S)[0]
        return Demo(process, process.stdout.readline() if ready else "", errors)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run_demo() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``python -m locktrace_demo`` to its end."""

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "locktrace_demo", *options],
            env=os.environ | {"PYTHONPATH": str(SOURCE_ROOT)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    return run
