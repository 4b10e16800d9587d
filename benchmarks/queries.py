"""Queries per second of the healthy demo server under dnsperf: bare and each core, in turn."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.children import environment

ROUNDS = 5
SECONDS = 4
NAMES = ["alpha.example. A", "beta.example. A", "example. NS", "missing.example. A"]


CORES = {"untraced": None, "C core": "c", "Python core": "py"}


def table() -> Iterator[str]:
    """Lines: queries per second, and the ratio round by round."""
    if shutil.which("dnsperf") is None:
        yield "queries: left out, as dnsperf (Debian package dnsperf) is not installed"
        return
    runs = [[_queries_per_second(core) for core in CORES.values()] for _ in range(ROUNDS)]
    yield f"demo server, healthy, dnsperf {SECONDS} s a run, medians of {ROUNDS} rounds"
    for i, name in enumerate(CORES):
        ratio = median(run[i] / run[0] for run in runs)
        yield f"{name:<14}{median(run[i] for run in runs):>8.0f} queries/s {ratio:>6.2f}x"


def _queries_per_second(core: str | None) -> float:
    server = subprocess.Popen(
        [sys.executable, "-m", "locktrace_demo", "--scenario", "healthy", "--port", "0"],
        env=environment(core),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        found = re.search(r":(\d+)", server.stdout.readline())
        assert found is not None
        return _dnsperf(found.group(1))
    finally:
        server.terminate()
        server.communicate()


def _dnsperf(port: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "names"
        names.write_text("\n".join(NAMES) + "\n")
        done = subprocess.run(
            ["dnsperf", "-s", "127.0.0.1", "-p", port, "-d", str(names), "-l", str(SECONDS)],
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"Queries per second:\s+([\d.]+)", done.stdout)
    assert found is not None
    return float(found.group(1))
