"""ddtrace's lock collector, the peer of the cores: where it is, and how it is started.

BENCHMARK_PEER_PYTHON names an interpreter that has ddtrace, best in a venv of its own, as the one
that `make bench` makes; it must be of the version that is measured. Without it, the interpreter
that is measured may have it.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

PROGRAM = "benchmarks.ddtraced"
WANTED = {1: 10, 100: 100}  # per cent sampled -> how many times what the C core adds
ROUNDS_A_TIMING = {1: 500, 100: 100}  # fewer where they are long
COMPARED = ("with lock", "lock.acquire/release", "with rlock", "4 nested locks")
ASK = "import ddtrace, platform as p; print(ddtrace.__version__, p.python_version())"

OFF = [
    "DD_PROFILING_STACK_ENABLED",
    "DD_PROFILING_MEMORY_ENABLED",
    "DD_PROFILING_EXCEPTION_ENABLED",
    "DD_TRACE_ENABLED",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED",
    "DD_REMOTE_CONFIGURATION_ENABLED",
]


@dataclass(frozen=True, slots=True)
class Peer:
    """An interpreter with ddtrace, or why there is none to compare with."""

    python: str
    version: str = ""
    missing: str = ""

    def about(self) -> str:
        return f"left out, {self.missing}" if self.missing else self.version


def find(measured: str, version: str) -> Peer:
    """The peer for the interpreter `measured`, which is of this Python version."""
    python = os.environ.get("BENCHMARK_PEER_PYTHON", measured)
    try:
        done = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=False)
    except OSError as error:
        return Peer(python, missing=f"{python} does not start: {error.strerror}")
    found, _, of = done.stdout.strip().partition(" ")
    if not found:
        missing = f"{python} does not have it (BENCHMARK_PEER_PYTHON names one that does)"
        return Peer(python, missing=missing)
    if of != version:
        return Peer(python, missing=f"{python} is Python {of}, and {version} is measured")
    return Peer(python, found)


def column(percent: int) -> str:
    """What a table calls ddtrace at this sampling rate."""
    return f"ddtrace {percent} %"


def settings(percent: int, folder: str) -> dict[str, str]:
    """Only locks are profiled, and nothing leaves the machine: profiles go to `folder`."""
    return {
        **dict.fromkeys(OFF, "0"),
        "DD_PROFILING_CAPTURE_PCT": str(percent),
        "DD_PROFILING_OUTPUT_PPROF": f"{folder}/profile",
        "BENCHMARK_PAIRS": str(ROUNDS_A_TIMING[percent]),
    }
