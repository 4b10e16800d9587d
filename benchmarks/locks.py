"""What tracing costs each kind of acquire and release: bare, every core, and ddtrace, in turn.

BENCHMARK_PYTHON names another interpreter to measure; BENCHMARK_PEER_PYTHON one that has ddtrace;
BENCHMARK_ROUNDS how often each is timed; BENCHMARK_JSON a file to keep the numbers in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks import peer
from benchmarks.children import environment
from benchmarks.lock_pairs import NAMES
from benchmarks.record import keep
from locktrace.errors import LocktraceError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource

ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "31"))
PYTHON = os.environ.get("BENCHMARK_PYTHON", sys.executable)

Medians = dict[str, dict[str, float]]


class Variant:
    """A child that times statements; with an observer that reads all it is sent, if wanted."""

    def __init__(
        self,
        name: str,
        core: str | None,
        observed: bool = False,
        command: Sequence[str] = (PYTHON, "-m", "benchmarks.lock_pairs"),
        **extra: str,
    ) -> None:
        self.name = name
        self._child = subprocess.Popen(
            command,
            env={**environment(core), **extra},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.time(NAMES[0])  # it is up
        if observed:
            threading.Thread(target=self._observe, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def __enter__(self) -> Variant:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._child.kill()
        self._child.communicate()

    def time(self, name: str) -> float:
        """Nanoseconds for each round of a statement."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(name + "\n")
        self._child.stdin.flush()
        return float(json.loads(self._child.stdout.readline()))

    def _observe(self) -> None:
        try:
            source = AgentSource(connect(self._child.pid), self._child.pid)
            while True:
                source.receive(1.0)
        except LocktraceError:
            return


def variants(ddtrace: peer.Peer, folder: str) -> list[Variant]:
    """Bare first; the rest are compared with it."""
    ours = [
        Variant("bare", None),
        Variant("C core", "c"),
        Variant("C observed", "c", observed=True),
        Variant("Python core", "py"),
    ]
    command = (ddtrace.python, "-m", peer.PROGRAM)
    return ours + [
        Variant(peer.column(percent), None, command=command, **peer.settings(percent, folder))
        for percent in ([] if ddtrace.missing else peer.WANTED)
    ]


def measure(ddtrace: peer.Peer) -> tuple[Medians, Medians]:
    """Medians in ns, and medians of the ratios to bare: statement -> variant -> number."""
    times: Medians = {}
    ratios: Medians = {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        running = [stack.enter_context(variant) for variant in variants(ddtrace, folder)]
        for name in NAMES:
            rounds = [[variant.time(name) for variant in running] for _ in range(ROUNDS)]
            for i, variant in enumerate(running):
                times.setdefault(name, {})[variant.name] = median(row[i] for row in rounds)
                ratio = median(row[i] / row[0] for row in rounds)
                ratios.setdefault(name, {})[variant.name] = ratio
    return times, ratios


def table() -> Iterator[str]:
    """Lines: bare ns; for each core and ddtrace what it adds, and the ratio; how they compare."""
    implementation, version = _version().split()
    ddtrace = peer.find(PYTHON, version)
    times, ratios = measure(ddtrace)
    cheaper = {} if ddtrace.missing else _cheaper(times)
    python = f"{implementation} {version}"
    about = {"python": python, "ddtrace": ddtrace.version or None, "rounds": ROUNDS}
    keep(about, ns=times, ratio_to_bare=ratios, cheaper_than_ddtrace=cheaper)
    traced = list(times[NAMES[0]])[1:]
    yield f"ns a round, medians of {ROUNDS} interleaved rounds, {python}"
    yield f"{'':<32}{'bare':>8}" + "".join(f"{name:>22}" for name in traced)
    for name, row in times.items():
        cells = "".join(
            f"{row[it] - row['bare']:>+13.0f} {ratios[name][it]:>7.2f}x" for it in traced
        )
        yield f"{name:<32}{row['bare']:>8.0f}{cells}"
    yield f"ddtrace: {ddtrace.about()}"
    for name, factors in cheaper.items():
        yield f"{name}: of what the C core adds, " + ", ".join(
            f"{column} adds {factor:.0f} times (wanted: {wanted})"
            for (column, factor), wanted in zip(factors.items(), peer.WANTED.values(), strict=True)
        )


def _cheaper(times: Medians) -> Medians:
    """How many times what the C core adds ddtrace adds; left out where noise hides what it adds."""
    added = {name: times[name]["C core"] - times[name]["bare"] for name in peer.COMPARED}
    return {
        name: {
            column: (times[name][column] - times[name]["bare"]) / ours
            for column in map(peer.column, peer.WANTED)
        }
        for name, ours in added.items()
        if ours > 0
    }


def _version() -> str:
    says = "import platform as p; print(p.python_implementation(), p.python_version())"
    done = subprocess.run([PYTHON, "-c", says], capture_output=True, text=True, check=True)
    return done.stdout.strip()
