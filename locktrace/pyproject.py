"""`[tool.locktrace]` of a project's pyproject.toml, whose tables other modules read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from locktrace.errors import UsageError

_TABLES = frozenset({"rwlocks", "scan", "suppressions"})


def find_pyproject(start: Path) -> Path | None:
    """The nearest pyproject.toml from `start` upwards."""
    folder = start.absolute() if start.is_dir() else start.absolute().parent
    for parent in (folder, *folder.parents):
        if (parent / "pyproject.toml").is_file():
            return parent / "pyproject.toml"
    return None


def tables_of(pyproject: Path | None) -> dict[str, Any]:
    """`[tool.locktrace]` of a file; UsageError says what is wrong with it."""
    if pyproject is None:
        return {}
    try:
        data = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"'{pyproject}' cannot be read: {error}") from error
    tool = data.get("tool", {})
    tables = tool.get("locktrace", {}) if isinstance(tool, dict) else {}
    if not isinstance(tables, dict):
        raise UsageError(f"'{pyproject}': [tool.locktrace] is to be a table")
    unknown = sorted(set(tables) - _TABLES)
    if unknown:
        raise UsageError(
            f"'{pyproject}': [tool.locktrace] knows no '{unknown[0]}'; it has "
            f"{', '.join(sorted(_TABLES))}"
        )
    return tables
