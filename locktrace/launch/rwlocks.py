"""The read-write locks that a project names in `[tool.locktrace]` of its pyproject.toml.

[[tool.locktrace.rwlocks]]
class = "app.locks:RWMutex"
read_acquire = "r_lock"
read_release = "r_unlock"
write_acquire = "lock"
write_release = "unlock"
try_read = "try_r_lock"  # try_read and try_write may be left out
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from locktrace.errors import UsageError
from locktrace.pyproject import find_pyproject, tables_of

_NEEDED = ("class", "read_acquire", "read_release", "write_acquire", "write_release")
_KNOWN = frozenset((*_NEEDED, "try_read", "try_write"))


def configured(start: Path) -> str:
    """The rows as JSON for the agent, from the nearest pyproject.toml; empty if there are none.

    UsageError, in a sentence, for rows that say no such thing.
    """
    pyproject = find_pyproject(start)
    if pyproject is None:
        return ""
    rows = tables_of(pyproject).get("rwlocks", [])
    if not isinstance(rows, list):
        raise UsageError(f"{pyproject}: rwlocks of [tool.locktrace] is no list")
    for row in rows:
        _check(row, pyproject)
    return json.dumps(rows) if rows else ""


def _check(row: Any, pyproject: Path) -> None:
    where = f"{pyproject}: an entry of rwlocks"
    if not isinstance(row, dict) or not all(isinstance(word, str) for word in row.values()):
        raise UsageError(f"{where} is no table of names")
    missing = [name for name in _NEEDED if not row.get(name)]
    unknown = sorted(set(row) - _KNOWN)
    if missing or unknown:
        said = f"lacks {missing[0]!r}" if missing else f"has {unknown[0]!r}, which means nothing"
        raise UsageError(f"{where} {said}")
    if row["class"].count(":") != 1:
        raise UsageError(f"{where}: {row['class']!r} is not like 'package.module:Class'")
