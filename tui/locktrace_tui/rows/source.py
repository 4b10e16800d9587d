"""Source lines, where the observer may read the target's files."""

from __future__ import annotations

import linecache
from pathlib import Path

from locktrace.model import Site


def source_line(site: Site) -> str:
    """The text of the line, or nothing: relative and made-up file names are not guessed at."""
    path = Path(site.file)
    if not path.is_absolute() or not path.is_file():
        return ""
    return linecache.getline(site.file, site.line).strip()
