"""Cost of an uncontended acquire/release pair: bare and traced, in turn."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.children import measure

ROUNDS = 7


def table() -> Iterator[str]:
    """Lines: medians in ns, and the median of the ratios pair by pair."""
    runs = [
        [measure("benchmarks.lock_pairs", trace=trace) for trace in (False, True)]
        for _ in range(ROUNDS)
    ]
    yield f"ns per pair, CPython {sys.version.split()[0]}, Python core, medians of {ROUNDS} rounds"
    yield f"{'':<24}{'bare':>8}{'traced':>9}{'added':>8}{'ratio':>8}"
    for name in runs[0][0]:
        bare = median(run[0][name] for run in runs)
        traced = median(run[1][name] for run in runs)
        ratio = median(run[1][name] / run[0][name] for run in runs)
        yield f"{name:<24}{bare:>8.0f}{traced:>9.0f}{traced - bare:>8.0f}{ratio:>7.1f}x"
