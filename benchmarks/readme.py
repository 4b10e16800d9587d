"""`python -m benchmarks.readme`: puts the numbers of `results/` into the README, between two marks.

The numbers are those of the Python that runs this; 3.14 is among the targets where it was measured.
Costs are medians; of a run on a busy machine, the quietest tenth of each column's rounds.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.record import RESULTS, place_of

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"
ROWS = {
    "with lock": "`with lock`",
    "lock.acquire/release": "`lock.acquire()`, `lock.release()`",
    "with rlock": "`with rlock`",
    "4 nested locks": "4 nested locks",
    "condition wait/notify": "`Condition` wait and notify, two threads",
    "with semaphore": "`with semaphore`",
    "queue put/get": "`queue.Queue` put and get",
    "the demo's RWMutex": "the demo's `RWMutex`, read lock",
    "4 threads, one lock": "4 threads on one lock, empty block (hardly anybody waits)",
    "4 threads, one lock held for a read": "4 threads contending, a read in the block",
}
COLUMNS = ("C core", "C observed", "Python core", "ddtrace 1 %", "ddtrace 100 %")
TITLES = ("C core adds", "with an observer", "Python core", "ddtrace 1 %", "ddtrace 100 %")
PAIRS = ("with lock", "lock.acquire/release", "with rlock")
CONTENDED = ("4 threads, one lock", "4 threads, one lock held for a read")

Document = dict[str, Any]


def main() -> None:
    """Rewrite what is between the marks."""
    before, rest = README.read_text().split(BEGIN)
    _, after = rest.split(END)
    README.write_text(f"{before}{BEGIN}\n" + "\n".join(section()) + f"\n{END}{after}")


def section() -> Iterator[str]:
    """Lines: what was measured on, the two tables, and what was wanted."""
    version = platform.python_version()
    locks, queries, stall = (_read(place_of(it, version)) for it in ("locks", "queries", "stall"))
    newer = [_read(path) for path in sorted(RESULTS.glob("locks-3.14*.json"))[-1:]]
    about = locks["about"]
    how = (
        "medians"
        if _was_quiet(locks)
        else "the quietest tenth of each column, for other programs kept the machine busy"
    )
    yield (
        f"{about['python']}, {about['cores']} cores ({about['processor']}), load {about['load']}; "
        f"{about['rounds']} rounds that take the columns in turn, in any order: {how}. Absolute "
        "times are this machine's; the ratios travel."
    )
    yield ""
    yield from _cost(locks)
    yield ""
    yield from _load(queries)
    yield ""
    yield "| wanted | measured | |"
    yield "|---|---|---|"
    targets = [*_targets(locks, 1.35), *_targets_of(newer), *_beside_ddtrace(locks)]
    for wanted, measured, met in [*targets, *_shared(queries)]:
        yield f"| {wanted} | {measured} | {'met' if met else '**missed**'} |"
    yield ""
    yield (
        "From the moment the writer gets stuck to the saved stall snapshot, py-spy's stacks in it: "
        f"{median(stall['seconds']):.2f} s, of which {stall['threshold']:.1f} s are the threshold "
        "before which a waiting writer is nobody's business."
    )


def _read(path: Path) -> Document:
    document: Document = json.loads(path.read_text())
    return document


def _was_quiet(locks: Document) -> bool:
    """Whether little else ran than the benchmark, which is one program at a time."""
    return bool(locks["about"]["load"] <= locks["about"]["cores"] + 0.5)


def _numbers(locks: Document, name: str) -> tuple[float, dict[str, tuple[float, float]]]:
    """Of a row: bare ns, and by column the ns that it adds and its ratio to bare."""
    if _was_quiet(locks):
        added, ratios = locks["added"][name], locks["ratios"][name]
        return locks["ns"][name]["bare"], {it: (added[it], ratios[it]) for it in added}
    quietest = locks["quietest"][name]
    bare = quietest["bare"]
    return bare, {it: (ns - bare, ns / bare) for it, ns in quietest.items()}


def _cost(locks: Document) -> Iterator[str]:
    yield "| nanoseconds a round | bare | " + " | ".join(TITLES) + " |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, title in ROWS.items():
        bare, numbers = _numbers(locks, name)
        cells = [
            f"{numbers[it][0]:+,.0f} ({numbers[it][1]:.2f}x)" if it in numbers else "not measured"
            for it in COLUMNS
        ]
        yield f"| {title} | {bare:,.0f} | " + " | ".join(cells) + " |"


def _load(queries: Document) -> Iterator[str]:
    yield "| demo server under dnsperf | queries/s | ratio | p99, ms | ratio |"
    yield "|---|---:|---:|---:|---:|"
    runs = queries["runs"]
    for name in runs[0]:
        rate, p99 = (
            median(run[name][it] for run in runs if name in run)
            for it in ("queries_per_second", "p99_ms")
        )
        more, longer = _load_ratios(queries, name)
        yield f"| {name} | {rate:,.0f} | {more:.2f} | {p99:.1f} | {longer:.2f} |"


def _load_ratios(queries: Document, name: str) -> tuple[float, float]:
    """Of the rate and of the 99th percentile, to the untraced server's of the same round."""
    more, longer = (
        median(run[name][it] / run["untraced"][it] for run in queries["runs"] if name in run)
        for it in ("queries_per_second", "p99_ms")
    )
    return more, longer


def _targets(locks: Document, most: float) -> Iterator[tuple[str, str, bool]]:
    """What is wanted of one version: the sentence, what was measured, and whether it is met."""
    python = locks["about"]["python"].removeprefix("CPython ")
    for name in PAIRS:
        added, ratio = _numbers(locks, name)[1]["C core"]
        wanted = f"{python}, {ROWS[name]}: at most 45 ns and {most:.2f}x"
        yield wanted, f"{added:.0f} ns, {ratio:.2f}x", added <= 45 and ratio <= most
    for name in CONTENDED:
        throughput = 1 / _numbers(locks, name)[1]["C core"][1]
        yield (
            f"{python}, {ROWS[name]}: throughput at least 0.97",
            f"{throughput:.2f}",
            throughput >= 0.97,
        )


def _targets_of(newer: list[Document]) -> Iterator[tuple[str, str, bool]]:
    for locks in newer:
        yield from _targets(locks, 2.0)


def _beside_ddtrace(locks: Document) -> Iterator[tuple[str, str, bool]]:
    for column, wanted in (("ddtrace 1 %", 10), ("ddtrace 100 %", 100)):
        rows = [_numbers(locks, name)[1] for name in (*PAIRS, "4 nested locks")]
        factors = [row[column][0] / row["C core"][0] for row in rows if column in row]
        if factors:
            measured = f"{min(factors):.0f} to {max(factors):.0f} times"
            yield f"{column} adds at least {wanted} times as much", measured, min(factors) >= wanted


def _shared(queries: Document) -> Iterator[tuple[str, str, bool]]:
    more, longer = _load_ratios(queries, "C core")
    yield "demo server: queries/s at least 0.98", f"{more:.2f}", more >= 0.98
    yield "demo server: p99 at most 1.05", f"{longer:.2f}", longer <= 1.05


main()
