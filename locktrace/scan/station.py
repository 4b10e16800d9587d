"""One process's share of a scan: the modules that it has read, and the rounds that it takes part
in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from locktrace.comments import ignored as ignored_in
from locktrace.scan.analyst import Analyst
from locktrace.scan.discover import Discovery
from locktrace.scan.facts import FunctionResult
from locktrace.scan.modules import ModuleIndex
from locktrace.scan.paths import Alternatives
from locktrace.scan.project import Project
from locktrace.scan.records import Trouble
from locktrace.scan.source import read


@dataclass(frozen=True, slots=True)
class Reading:
    """What a batch of files gave. ``ignored``: file -> line -> suppressed codes."""

    indexes: tuple[ModuleIndex, ...]
    troubles: tuple[Trouble, ...]
    ignored: dict[str, dict[int, frozenset[str]]]
    lines: int
    files: int


class Station:
    """Reads batches, is told of the whole project, then answers for its own functions."""

    def __init__(self) -> None:
        self._analyst = Analyst()

    def read(self, paths: Iterable[Path], every: bool) -> Reading:
        """Parse the files that mention a lock, or every one."""
        indexes, troubles, total, files = [], [], 0, 0
        ignored = {}
        for path in paths:
            found, lines = read(path, every)
            total += lines
            files += 1
            if isinstance(found, Trouble):
                troubles.append(found)
            elif found is not None:
                try:
                    discovery = Discovery(found)
                except RecursionError:
                    troubles.append(Trouble(found.path, 0, "is nested too deeply"))
                    continue
                self._analyst.add(discovery)
                indexes.append(discovery.index)
                comments = ignored_in(found.text)
                if comments:
                    ignored[found.path] = comments
        return Reading(tuple(indexes), tuple(troubles), ignored, total, files)

    def judge(self, indexes: list[ModuleIndex]) -> list[FunctionResult]:
        """The results of every function that mentions a lock."""
        self._analyst.link(Project.of(indexes))
        return list(self._analyst.own_results())

    def results_of(self, names: list[str]) -> list[FunctionResult]:
        return list(self._analyst.results_of(names))

    def learn(self, effects: dict[str, tuple[Alternatives, Alternatives]]) -> list[FunctionResult]:
        return self._analyst.learn(effects)
