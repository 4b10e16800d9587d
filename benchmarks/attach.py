"""Attaching to a hung process: the time to the first picture beside its peers', and what it costs
the target.

Everything is measured in turn, so that what else the machine does is in all of it alike.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from statistics import median

from benchmarks.children import environment

ROUNDS = 11
LONG_ROUNDS = 5  # of what takes seconds
BIN = Path(sys.executable).parent
HELP = [sys.executable, "-m", "locktrace", "--help"]
DUMP = [sys.executable, "-m", "locktrace", "dump"]
FIRST_PICTURE = [sys.executable, "-m", "benchmarks.first_picture"]
PEERS = {"py-spy": ("py-spy", "dump", "--pid"), "pystack": ("pystack", "remote")}

Rows = dict[str, list[float]]
"""What is measured -> ms, one for each round."""


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
        self.threads = threads
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
    """Lines for docs/attach.md: ms to each picture, those of the peers, what the target notices."""
    _warm_up()
    rows: Rows = {}
    for _ in range(ROUNDS):
        for measure in (_pictures, _peers, _gaps):
            measure(rows)
    for _ in range(LONG_ROUNDS):
        with hung(10) as target:
            _add(rows, "`locktrace dump` in all", _milliseconds([*DUMP, str(target.pid)]))
    _keep(rows)
    yield f"| a hung process, medians (shortest, longest) of {ROUNDS} rounds in turn | ms |"
    yield "|---|---:|"
    for name, taken in rows.items():
        yield f"| {name} | {median(taken):.0f} ({min(taken):.0f}, {max(taken):.0f}) |"


def _warm_up() -> None:
    """Everything is compiled and in the page cache, as on a machine where it has been used."""
    with hung(10) as target:
        _first_picture(target)
        _milliseconds([*DUMP, str(target.pid)])


def _add(rows: Rows, name: str, milliseconds: float) -> None:
    rows.setdefault(name, []).append(milliseconds)


# -- how long it takes


def _pictures(rows: Rows) -> None:
    """From when the command has started up; each target is met for the first time."""
    with hung(10) as target:
        picture, borrowed = _first_picture(target)
        _add(rows, "of 10 threads: first picture, from the end of the command's start-up", picture)
        _add(rows, "of 10 threads: how long the borrowed thread stands still", borrowed)
        _add(rows, "the same again, where a detached agent sleeps", _first_picture(target)[0])
    with hung(500) as target:
        _add(rows, "of 500 threads: first picture", _first_picture(target)[0])


def _first_picture(target: Hung) -> tuple[float, float]:
    """Ms until it is there, and for which a thread was borrowed."""
    done = subprocess.run(
        [*FIRST_PICTURE, str(target.pid)],
        env=environment(None),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    picture, borrowed, waits = map(int, done.stdout.split())
    assert waits == target.threads, f"{waits} waits of {target.threads} were seen"
    return picture / 1e6, borrowed / 1e6


def _peers(rows: Rows) -> None:
    """From command to end, as nothing else can be had of them; and our own start-up."""
    _add(rows, "`locktrace --help`, the command's start-up", _milliseconds(HELP))
    with hung(10) as target:
        for name, command in _installed().items():
            _add(rows, f"`{name}` in all", _milliseconds([*command, str(target.pid)]))


def _installed() -> dict[str, list[str]]:
    """The peers that are there; one that is not is left out."""
    found = {}
    for program, *arguments in PEERS.values():
        path = shutil.which(program, path=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}")
        if path is not None:
            found[f"{program} {arguments[0]}"] = [path, *arguments]
    return found


def _milliseconds(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, env=environment(None), stdout=subprocess.DEVNULL, check=True)
    return (time.monotonic() - began) * 1e3


# -- what the target notices


def _gaps(rows: Rows) -> None:
    """Attached to and detached from; and while somebody else only starts a Python."""

    def attach(target: Hung) -> None:
        _first_picture(target)

    def start(_target: Hung) -> None:
        _milliseconds(HELP)

    longest = "longest time that a spinning thread did not run"
    acts: dict[str, Callable[[Hung], None]] = {
        f"{longest}, with an attach and a detach": attach,
        f"{longest}, while another Python starts": start,
    }
    for name, act in acts.items():
        with hung(10, watched=True) as target:
            target.longest_gap_ms()
            act(target)
            _add(rows, name, target.longest_gap_ms())


# -- what is kept


def _keep(rows: Rows) -> None:
    place = os.environ.get("BENCHMARK_JSON")
    if place is None:
        return
    about = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "linux": platform.release(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "peers": {name: _version(name) for name in PEERS},
        "load": [round(load, 1) for load in os.getloadavg()],
        "rounds": ROUNDS,
    }
    rounded = {name: [round(x, 1) for x in taken] for name, taken in rows.items()}
    Path(place).write_text(json.dumps({"about": about, "ms": rounded}, indent=1) + "\n")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
