"""A scan from paths to report: read, link, judge, follow the calls, sift."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from locktrace.scan.calls import CallGraph
from locktrace.scan.config import Config
from locktrace.scan.crew import Crew, undisturbed
from locktrace.scan.facts import FunctionResult
from locktrace.scan.modules import ModuleIndex
from locktrace.scan.paths import Delta
from locktrace.scan.records import Finding, Listed, Report, Trouble
from locktrace.scan.rules import PROJECT_RULES
from locktrace.scan.sift import Sieve
from locktrace.scan.source import python_files

_SMALL = 400_000
"""Bytes of source below which one process is quicker than two."""
READ_EVERY_FILE_UP_TO = 4_000_000
"""Bytes of source up to which files that mention no lock are parsed too, for the calls through
them.
"""
_ROUNDS = 6


def scan(
    paths: Iterable[Path],
    config: Config,
    jobs: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Report:
    """Scan the files under `paths`. UsageError for a path that is not there."""
    started = time.perf_counter()
    files = [(path, _size(path)) for path in python_files(paths, config.exclude)]
    size = sum(size for _, size in files)
    workers = (jobs or os.cpu_count() or 1) if size > _SMALL else 1
    with undisturbed(), Crew(workers) as crew:
        reading = _read(crew, files, size <= READ_EVERY_FILE_UP_TO, progress)
        results = _judge(crew, reading.indexes)
    graph = CallGraph(results[name].facts for name in sorted(results))
    drafts = [draft for name in sorted(results) for draft in results[name].drafts]
    drafts += [draft for rule in PROJECT_RULES for draft in rule.check(graph)]
    sieve = Sieve(config, reading.ignored)
    findings = sieve.sift(draft.finding for draft in drafts if graph.stands(draft))
    return Report(
        tuple(sorted(findings, key=_order)),
        tuple(sorted(_listing(results), key=lambda line: (line.file, line.line))),
        tuple(reading.troubles),
        len(files),
        reading.lines,
        time.perf_counter() - started,
        sieve.suppressed,
        0,
        tuple(sieve.notices()),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # is told when it cannot be read


class _Reading:
    """All readings together."""

    def __init__(self) -> None:
        self.indexes: list[ModuleIndex] = []
        self.troubles: list[Trouble] = []
        self.ignored: dict[str, dict[int, frozenset[str]]] = {}
        self.lines = 0


def _read(
    crew: Crew, files: list[tuple[Path, int]], every: bool, progress: Callable[[int, int], None]
) -> _Reading:
    whole = _Reading()
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(done, len(files))

    for part in crew.read(files, every, count):
        whole.indexes += part.indexes
        whole.troubles += part.troubles
        whole.ignored.update(part.ignored)
        whole.lines += part.lines
    whole.indexes.sort(key=lambda index: index.path)
    whole.troubles.sort(key=lambda trouble: trouble.file)
    return whole


def _judge(crew: Crew, indexes: list[ModuleIndex]) -> dict[str, FunctionResult]:
    """The results by function: first on their own, then with what their callees leave behind."""
    results = {r.facts.id: r for part in crew.ask("judge", indexes) for r in part}
    for _ in range(_ROUNDS):
        effects = {
            name: (r.facts.back, r.facts.inside)
            for name, r in results.items()
            if any(map(_matters_to_callers, (*r.facts.back, *r.facts.inside)))
        }
        found = (
            {r.facts.id: r for part in crew.ask("learn", effects) for r in part} if effects else {}
        )
        results.update(found)
        missing = sorted(CallGraph(r.facts for r in results.values()).missing())
        news = (
            {r.facts.id: r for part in crew.ask("results_of", missing) for r in part}
            if missing
            else {}
        )
        results.update(news)
        if not news and not found:
            break
    return results


def _matters_to_callers(way: tuple[Delta, ...]) -> bool:
    """Whether a way to come back changes a lock that a caller elsewhere can know of."""
    return any(not d.lock.primitive.counting and "<locals>" not in d.lock.key for d in way)


def _listing(results: dict[str, FunctionResult]) -> Iterable[Listed]:
    return (line for result in results.values() for line in result.listing)


def _order(finding: Finding) -> tuple[int, str, int, str]:
    return (finding.severity.rank, finding.file, finding.line, finding.code)
