"""The suppressions in `[tool.locktrace]` of pyproject.toml.

[[tool.locktrace.suppressions]]
kind = "convoy"           # or a list of kinds
lock = "Pool.*"           # a pattern of the lock's name
site = "legacy/*.py"      # a pattern of the file, or one of its lines: "app/pool.py:41"
function = "Pool.take"    # a pattern of the qualified name
reason = "#812: to be sharded"
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from locktrace.diagnose.registry import KINDS
from locktrace.errors import UsageError
from locktrace.model import Finding, Site, Snapshot
from locktrace.pyproject import find_pyproject, tables_of
from locktrace.suppression.concern import sites_of
from locktrace.wording import lock_name

TABLE = "suppressions"
_WORDS = ("kind", "lock", "site", "function")
_KNOWN = frozenset((*_WORDS, "reason"))


@dataclass(frozen=True, slots=True)
class Entry:
    """The `number`th of `pyproject`; what is left empty holds for all.

    ``line`` is 0 where any of the file's will do.
    """

    pyproject: Path
    number: int
    kinds: frozenset[str] = frozenset()
    lock: str = ""
    file: str = ""
    line: int = 0
    function: str = ""

    def matches(self, snapshot: Snapshot, finding: Finding) -> bool:
        """Whether it is of one of the kinds, and names such a lock and a site that is all of it."""
        return (
            (not self.kinds or finding.kind in self.kinds)
            and (not self.lock or any(self._is_lock(snapshot, lock) for lock in finding.locks))
            and (
                not (self.file or self.function)
                or any(map(self._is_site, sites_of(snapshot, finding)))
            )
        )

    def __str__(self) -> str:
        said = {
            "kind": " or ".join(sorted(self.kinds)),
            "lock": self.lock,
            "site": f"{self.file}:{self.line}" if self.line else self.file,
            "function": self.function,
        }
        words = ", ".join(f"{name} {text}" for name, text in said.items() if text)
        return f"suppression {self.number} in {self.pyproject} ({words})"

    def _is_lock(self, snapshot: Snapshot, lock: int) -> bool:
        return fnmatchcase(lock_name(snapshot, lock), self.lock)

    def _is_site(self, site: Site) -> bool:
        if self.function and not fnmatchcase(site.function, self.function):
            return False
        if self.line and site.line != self.line:
            return False
        return not self.file or self._is_file(Path(site.file))

    def _is_file(self, file: Path) -> bool:
        """Below the project's folder its path from there counts, elsewhere the whole one."""
        root = self.pyproject.parent
        path = (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()
        return fnmatchcase(path, self.file) or path.startswith(f"{self.file.rstrip('/')}/")


def configured(start: Path) -> tuple[Entry, ...]:
    """The entries of the nearest pyproject.toml from `start` upwards.

    UsageError, in a sentence, for entries that make no sense.
    """
    pyproject = find_pyproject(start)
    rows = tables_of(pyproject).get(TABLE, [])
    if pyproject is None:
        return ()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{pyproject}: {TABLE} of [tool.locktrace] is no list of tables")
    return tuple(_entry(row, number, pyproject) for number, row in enumerate(rows, 1))


def _entry(row: dict[str, Any], number: int, pyproject: Path) -> Entry:
    whose = f"{pyproject}: suppression {number}"
    unknown = sorted(set(row) - _KNOWN)
    if unknown:
        raise UsageError(f"{whose} has {unknown[0]!r}, which means nothing")
    if not any(row.get(word) for word in _WORDS):
        raise UsageError(f"{whose} says no kind, lock, site or function: it would hide everything")
    file, line = _site(_text(row, "site", whose))
    return Entry(
        pyproject,
        number,
        _kinds(row.get("kind", []), whose),
        _text(row, "lock", whose),
        file,
        line,
        _text(row, "function", whose),
    )


def _text(row: dict[str, Any], word: str, whose: str) -> str:
    text = row.get(word, "")
    if not isinstance(text, str):
        raise UsageError(f"{whose}: {word!r} is to be a string, not {text!r}")
    return text


def _kinds(value: Any, whose: str) -> frozenset[str]:
    kinds = [value] if isinstance(value, str) else value
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise UsageError(f"{whose}: 'kind' is to be a kind of finding or a list of them")
    unknown = sorted(set(kinds) - KINDS)
    if unknown:
        raise UsageError(
            f"{whose}: there is no finding kind {unknown[0]!r}; the kinds are "
            f"{', '.join(sorted(KINDS))}"
        )
    return frozenset(kinds)


def _site(text: str) -> tuple[str, int]:
    """``app/pool.py:41`` as file and line; 0 where no line is said."""
    file, colon, line = text.rpartition(":")
    return (file, int(line)) if colon and line.isdecimal() else (text, 0)
