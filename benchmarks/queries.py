"""The healthy demo server under dnsperf, bare and each core in turn: queries per second, latency.

BENCHMARK_ROUNDS and BENCHMARK_SECONDS make it shorter or longer.
"""

from __future__ import annotations

import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.children import environment
from benchmarks.record import keep

ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "11"))
SECONDS = int(os.environ.get("BENCHMARK_SECONDS", "4"))
NAMES = ["alpha.example. A", "beta.example. A", "example. NS", "missing.example. A"]
MORE = 2
"""How many times as many rounds the untraced server and the C core's get besides: a run wavers by
more than what they are to differ by at most."""
ANSWER = re.compile(r"^> .* (\d+\.\d+)$", re.MULTILINE)  # of `dnsperf -v`, its latency in seconds

CORES = {"untraced": None, "C core": "c", "Python core": "py"}


@dataclass(frozen=True, slots=True)
class Load:
    """What dnsperf, which keeps 100 queries under way, has seen of one server."""

    queries_per_second: float
    p99_ms: float


def table() -> Iterator[str]:
    """Lines: queries per second, the 99th percentile, and their ratios round by round."""
    if shutil.which("dnsperf") is None:
        yield "queries: left out, as dnsperf (Debian package dnsperf) is not installed"
        return
    runs = [_run(list(CORES)) for _ in range(ROUNDS)]
    runs += [_run(["untraced", "C core"]) for _ in range(ROUNDS * MORE)]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    about = {"python": python, "rounds": ROUNDS, "seconds": SECONDS}
    keep(about, runs=[{name: asdict(load) for name, load in run.items()} for run in runs])
    yield f"demo server, healthy, dnsperf {SECONDS} s a run, medians of {ROUNDS} rounds in turn"
    for name in CORES:
        loads = [run[name] for run in runs if name in run]
        rate, p99 = median(it.queries_per_second for it in loads), median(it.p99_ms for it in loads)
        more, longer = _ratio(runs, name, "queries_per_second"), _ratio(runs, name, "p99_ms")
        yield f"{name:<14}{rate:>8.0f} queries/s {more:>6.2f}x{p99:>10.1f} ms p99 {longer:>6.2f}x"


def _run(names: list[str]) -> dict[str, Load]:
    """One of each, in any order: none always follows another."""
    loads = {name: _under_load(CORES[name]) for name in random.sample(names, len(names))}
    return {name: loads[name] for name in names}


def _ratio(runs: list[dict[str, Load]], name: str, number: str) -> float:
    """Median over the rounds, against the untraced server of the same round."""
    pairs = [(run[name], run["untraced"]) for run in runs if name in run]
    return median(getattr(one, number) / getattr(other, number) for one, other in pairs)


def _under_load(core: str | None) -> Load:
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


def _dnsperf(port: str) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        names, said = Path(folder) / "names", Path(folder) / "said"
        names.write_text("\n".join(NAMES) + "\n")
        with said.open("w") as out:
            command = ["dnsperf", "-s", "127.0.0.1", "-p", port, "-d", str(names)]
            subprocess.run([*command, "-l", str(SECONDS), "-v"], stdout=out, check=True)
        answers = said.read_text()
    rate = re.search(r"Queries per second:\s+([\d.]+)", answers)
    assert rate is not None
    latencies = [1e3 * float(seconds) for seconds in ANSWER.findall(answers)]
    return Load(float(rate.group(1)), quantiles(latencies, n=100)[98])
