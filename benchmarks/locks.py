"""What tracing costs each kind of acquire and release: bare, every core, and ddtrace, in turn.

BENCHMARK_PYTHON names another interpreter to measure; BENCHMARK_PEER_PYTHON one that has ddtrace;
BENCHMARK_ROUNDS how often each is timed; BENCHMARK_JSON a file to keep the numbers in.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from statistics import median

from benchmarks import peer
from benchmarks.children import environment
from benchmarks.lock_pairs import CONTENDED, CONTENDED_READS, NAMES
from benchmarks.record import keep
from locktrace.errors import LocktraceError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource

ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "101"))
MORE = {CONTENDED: 2, CONTENDED_READS: 4}
"""How many times as many rounds the bare and the C core's column get besides: they waver by more
than what they are to differ by at most."""
QUIETEST = 0.1  # of the rounds: what a busy machine disturbs least
PYTHON = os.environ.get("BENCHMARK_PYTHON", sys.executable)

Numbers = dict[str, dict[str, float]]
"""Statement -> variant -> number."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Of the rounds, which time every variant in turn."""

    ns: Numbers  # medians
    added: Numbers  # ns more than bare in the same round, medians
    ratios: Numbers  # to bare in the same round, medians
    quietest: Numbers  # ns, of each variant's quietest tenth the longest


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


def measure(ddtrace: peer.Peer) -> Costs:
    """Time every statement under every variant, in turn."""
    costs = Costs({}, {}, {}, {})
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        running = [stack.enter_context(variant) for variant in variants(ddtrace, folder)]
        for name in NAMES:
            rounds = [_round(name, running) for _ in range(ROUNDS)]
            rounds += [_round(name, running[:2]) for _ in range(ROUNDS * MORE.get(name, 0))]
            for variant in running:
                pairs = [(row[variant], row[running[0]]) for row in rounds if variant in row]
                for kind, number in _cells(pairs).items():
                    getattr(costs, kind).setdefault(name, {})[variant.name] = number
    return costs


def _round(name: str, running: Sequence[Variant]) -> dict[Variant, float]:
    """Nanoseconds by variant, which take their turns in any order: none always follows another."""
    return {variant: variant.time(name) for variant in random.sample(running, len(running))}


def _cells(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Of a variant's ns and the bare ones of the same round, by field of `Costs`."""
    column = sorted(ns for ns, _ in pairs)
    return {
        "ns": median(column),
        "added": median(ns - bare for ns, bare in pairs),
        "ratios": median(ns / bare for ns, bare in pairs),
        "quietest": column[int(len(column) * QUIETEST)],
    }


def table() -> Iterator[str]:
    """Lines: bare ns; for each core and ddtrace what it adds, and the ratio; how they compare."""
    ddtrace = peer.find(PYTHON, version())
    costs = measure(ddtrace)
    cheaper = {} if ddtrace.missing else _cheaper(costs.added)
    python = f"CPython {version()}"
    about = {"python": python, "ddtrace": ddtrace.version or None, "rounds": ROUNDS}
    keep(about, **asdict(costs), cheaper_than_ddtrace=cheaper)
    traced = list(costs.ns[NAMES[0]])[1:]
    yield f"ns a round, medians of {ROUNDS} interleaved rounds, {python}"
    yield f"{'':<32}{'bare':>8}" + "".join(f"{name:>22}" for name in traced)
    for name, row in costs.ns.items():
        cells = "".join(
            f"{costs.added[name][it]:>+13.0f} {costs.ratios[name][it]:>7.2f}x" for it in traced
        )
        yield f"{name:<32}{row['bare']:>8.0f}{cells}"
    yield f"ddtrace: {ddtrace.about()}"
    for name, factors in cheaper.items():
        yield f"{name}: of what the C core adds, " + ", ".join(
            f"{column} adds {factor:.0f} times (wanted: {wanted})"
            for (column, factor), wanted in zip(factors.items(), peer.WANTED.values(), strict=True)
        )


def _cheaper(added: Numbers) -> Numbers:
    """How many times what the C core adds ddtrace adds; left out where noise hides what it adds."""
    return {
        name: {
            column: added[name][column] / added[name]["C core"]
            for column in map(peer.column, peer.WANTED)
        }
        for name in peer.COMPARED
        if added[name]["C core"] > 0
    }


@cache
def version() -> str:
    """Of the interpreter that is measured."""
    says = "import platform; print(platform.python_version())"
    done = subprocess.run([PYTHON, "-c", says], capture_output=True, text=True, check=True)
    return done.stdout.strip()
