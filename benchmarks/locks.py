"""What tracing costs each kind of acquire and release: bare and every core, in turn.

BENCHMARK_PYTHON names another interpreter to measure; BENCHMARK_JSON a file to keep the numbers in.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import locktrace
from benchmarks.children import environment
from benchmarks.lock_pairs import NAMES
from locktrace.errors import LocktraceError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource

ROUNDS = 31
PYTHON = os.environ.get("BENCHMARK_PYTHON", sys.executable)

Medians = dict[str, dict[str, float]]


class Variant:
    """A child that times statements; with an observer that reads all it is sent, if wanted."""

    def __init__(self, name: str, core: str | None, observed: bool = False) -> None:
        self.name = name
        self._child = subprocess.Popen(
            [PYTHON, "-m", "benchmarks.lock_pairs"],
            env=environment(core),
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


def variants() -> list[Variant]:
    """Bare first; the rest are compared with it."""
    return [
        Variant("bare", None),
        Variant("C core", "c"),
        Variant("C observed", "c", observed=True),
        Variant("Python core", "py"),
    ]


def measure() -> tuple[Medians, Medians]:
    """Medians in ns, and medians of the ratios to bare: statement -> variant -> number."""
    times: Medians = {}
    ratios: Medians = {}
    with ExitStack() as stack:
        running = [stack.enter_context(variant) for variant in variants()]
        for name in NAMES:
            rounds = [[variant.time(name) for variant in running] for _ in range(ROUNDS)]
            for i, variant in enumerate(running):
                times.setdefault(name, {})[variant.name] = median(row[i] for row in rounds)
                ratio = median(row[i] / row[0] for row in rounds)
                ratios.setdefault(name, {})[variant.name] = ratio
    return times, ratios


def table() -> Iterator[str]:
    """Lines: bare ns; for each core what it adds, and the ratio."""
    times, ratios = measure()
    if "BENCHMARK_JSON" in os.environ:
        Path(os.environ["BENCHMARK_JSON"]).write_text(_document(times, ratios))
    traced = list(times[NAMES[0]])[1:]
    yield f"ns a round, medians of {ROUNDS} interleaved rounds, {_version()}"
    yield f"{'':<24}{'bare':>8}" + "".join(f"{name:>22}" for name in traced)
    for name, row in times.items():
        cells = "".join(
            f"{row[it] - row['bare']:>+13.0f} {ratios[name][it]:>7.2f}x" for it in traced
        )
        yield f"{name:<24}{row['bare']:>8.0f}{cells}"


def _document(times: Medians, ratios: Medians) -> str:
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "linux": platform.release()}
    about = {**machine, "python": _version(), "locktrace": locktrace.__version__, "rounds": ROUNDS}
    return json.dumps({"about": about, "ns": times, "ratio_to_bare": ratios}, indent=1) + "\n"


def _version() -> str:
    says = "import platform as p; print(p.python_implementation(), p.python_version())"
    done = subprocess.run([PYTHON, "-c", says], capture_output=True, text=True, check=True)
    return done.stdout.strip()
