"""The comments in the source files of the processes that are observed."""

from __future__ import annotations

from collections.abc import Mapping

from locktrace.comments import ignored
from locktrace.model import Process
from locktrace.snapshots.source import Source

Ignored = Mapping[int, frozenset[str]]
MOST_PROCESSES = 64


class Comments:
    """Each file is read once for all processes that were started at the same time."""

    def __init__(self) -> None:
        self._sources: dict[float, Source] = {}
        self._found: dict[tuple[float, str], Ignored] = {}

    def of(self, process: Process, file: str) -> Ignored:
        """Line -> words; empty where what the process runs cannot be read, as `Source` has it."""
        place = (process.created, file)
        if place not in self._found:
            self._found[place] = ignored("\n".join(self._source(process).lines(file)))
        return self._found[place]

    def _source(self, process: Process) -> Source:
        if process.created not in self._sources:
            if len(self._sources) >= MOST_PROCESSES:
                self._sources.clear()
                self._found.clear()
            self._sources[process.created] = Source(process)
        return self._sources[process.created]
