"""Lines of the target's source, as far as they are still what the target runs."""

from __future__ import annotations

import stat
import tokenize
from pathlib import Path

from locktrace.model import Process, Site

MOST_BYTES = 4 * 2**20
_START_ERROR_S = 2.0  # the boot time that a process's start is counted from is in whole seconds


class Source:
    """Source lines for the sites of one process; files are read once.

    Shows nothing rather than something else than what runs: no file changed since the
    process started, no relative path (relative to a folder that we do not know), nothing
    but regular files (reading a pipe would block).
    """

    def __init__(self, process: Process) -> None:
        self._newest = process.created + _START_ERROR_S if process.created else float("inf")
        self._files: dict[str, list[str]] = {}

    def line(self, site: Site) -> str:
        """The line at `site`, stripped; empty if it cannot be shown."""
        lines = self.lines(site.file)
        return lines[site.line - 1].strip() if 0 < site.line <= len(lines) else ""

    def lines(self, file: str) -> list[str]:
        """All of `file`; none if it cannot be shown."""
        if file not in self._files:
            self._files[file] = self._read(file)
        return self._files[file]

    def _read(self, file: str) -> list[str]:
        path = Path(file)
        try:
            status = path.stat()
            if not (path.is_absolute() and stat.S_ISREG(status.st_mode)):
                return []
            if status.st_size > MOST_BYTES or status.st_mtime > self._newest:
                return []
            with tokenize.open(file) as opened:
                return opened.read().splitlines()
        except (OSError, SyntaxError, ValueError):
            return []
