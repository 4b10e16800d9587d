"""Queries per second of the healthy demo server under dnsperf, traced and not, in turn."""

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


def table() -> Iterator[str]:
    """Lines: queries per second, and the ratio round by round."""
    if shutil.which("dnsperf") is None:
        yield "queries: left out, as dnsperf (Debian package dnsperf) is not installed"
        return
    runs = [[_queries_per_second(trace=trace) for trace in (False, True)] for _ in range(ROUNDS)]
    bare, traced = (median(run[i] for run in runs) for i in (0, 1))
    ratio = median(run[1] / run[0] for run in runs)
    yield f"demo server, healthy, dnsperf {SECONDS} s a run, medians of {ROUNDS} rounds"
    yield f"{'untraced':>12}{'traced':>12}{'ratio':>8}"
    yield f"{bare:>10.0f}/s{traced:>10.0f}/s{ratio:>7.2f}x"


def _queries_per_second(*, trace: bool) -> float:
    server = subprocess.Popen(
        [sys.executable, "-m", "locktrace_demo", "--scenario", "healthy", "--port", "0"],
        env=environment(trace=trace),
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
