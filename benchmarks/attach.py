"""Attaching to a hung process: the time to the first picture beside its peers', and what it costs
the target.

BENCHMARK_JSON names a file to keep the numbers in.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.children import environment

ROUNDS = 15
BIN = Path(sys.executable).parent
HELP = [sys.executable, "-m", "locktrace", "--help"]
DUMP = [sys.executable, "-m", "locktrace", "dump"]
FIRST_PICTURE = [sys.executable, "-m", "benchmarks.first_picture"]


class Hung:
    """A process whose threads wait for each other."""

    def __init__(self, threads: int, *, watched: bool = False) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.hung", str(threads), "watched" if watched else ""],
            env=environment(None),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def longest_gap_ms(self) -> float:
        """Since the last call."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._read()) / 1e6

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def hung(threads: int, *, watched: bool = False) -> Iterator[Hung]:
    target = Hung(threads, watched=watched)
    try:
        yield target
    finally:
        target.end()


def table() -> Iterator[str]:
    """Lines: ms to the picture of each tool; the first picture; the longest gap of a thread."""
    tools = _tools()
    found = {
        "command": _in_turn(tools),
        "first picture": {
            "10 threads": _first_pictures(10),
            "500 threads": _first_pictures(500),
        },
        "gap": _gaps(),
    }
    yield f"a hung process of 10 threads, ms from command to its end, {ROUNDS} rounds in turn"
    yield from _rows(found["command"])
    yield ""
    yield "the first picture, ms after the command's own start-up; every round attaches anew"
    yield from _rows(found["first picture"])
    yield ""
    yield "longest time in ms that a thread did not run, in as many seconds as an attach takes"
    yield from _rows(found["gap"])
    _keep(found)


def _tools() -> dict[str, list[str]]:
    """What is run with the pid behind it; peers that are not installed are left out."""
    peers = {"py-spy dump": ("py-spy", "dump", "--pid"), "pystack remote": ("pystack", "remote")}
    tools = {"locktrace --help": HELP, "locktrace dump": DUMP}
    for name, (program, *arguments) in peers.items():
        path = shutil.which(program, path=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}")
        if path is not None:
            tools[name] = [path, *arguments]
    return tools


def _in_turn(tools: dict[str, list[str]]) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in tools}
    for _ in range(ROUNDS):
        for name, command in tools.items():
            with hung(10) as target:
                arguments = [] if command is HELP else [str(target.pid)]
                taken[name].append(_milliseconds([*command, *arguments]))
    return taken


def _milliseconds(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, env=environment(None), stdout=subprocess.DEVNULL, check=True)
    return (time.monotonic() - began) * 1e3


def _first_pictures(threads: int) -> list[float]:
    taken = []
    for _ in range(ROUNDS):
        with hung(threads) as target:
            nanoseconds, waits = _first_picture(target.pid)
            assert waits == threads, f"{waits} waits of {threads} were seen"
            taken.append(nanoseconds / 1e6)
    return taken


def _first_picture(pid: int) -> tuple[int, int]:
    done = subprocess.run(
        [*FIRST_PICTURE, str(pid)],
        env=environment(None),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    nanoseconds, waits = map(int, done.stdout.split())
    return nanoseconds, waits


def _gaps() -> dict[str, list[float]]:
    """Attached and detached, and the same while somebody else only starts a Python."""
    gaps: dict[str, list[float]] = {"with an attach and a detach": [], "without": []}
    for _ in range(ROUNDS):
        with hung(10, watched=True) as target:
            target.longest_gap_ms()
            _first_picture(target.pid)
            gaps["with an attach and a detach"].append(target.longest_gap_ms())
        with hung(10, watched=True) as target:
            target.longest_gap_ms()
            _milliseconds([*HELP])
            gaps["without"].append(target.longest_gap_ms())
    return gaps


def _rows(taken: dict[str, list[float]]) -> Iterator[str]:
    yield f"{'':<28}{'median':>9}{'shortest':>10}{'longest':>9}"
    for name, values in taken.items():
        yield f"{name:<28}{median(values):>9.0f}{min(values):>10.0f}{max(values):>9.0f}"


def _keep(found: dict[str, dict[str, list[float]]]) -> None:
    place = os.environ.get("BENCHMARK_JSON")
    if place is None:
        return
    about = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "linux": platform.release(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "rounds": ROUNDS,
    }
    rounded = {k: {n: [round(x, 1) for x in v] for n, v in t.items()} for k, t in found.items()}
    Path(place).write_text(json.dumps({"about": about, "ms": rounded}, indent=1) + "\n")
