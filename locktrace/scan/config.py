"""What to tell and what not: `[tool.locktrace.scan]` of pyproject.toml, and the command's options.

[tool.locktrace.scan]
select = ["LT1", "order-inversion"]
ignore = ["LT403"]
exclude = ["**/generated/*.py"]
baseline = "locktrace-baseline.json"

[tool.locktrace.scan.per-path-ignores]
"tests/*" = ["LT102", "LT402"]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from locktrace.errors import UsageError
from locktrace.pyproject import tables_of
from locktrace.scan.rules import RULES, find_rule

_KEYS = frozenset({"select", "ignore", "exclude", "baseline", "per-path-ignores"})


@dataclass(frozen=True, slots=True)
class Config:
    """Codes are whole; ``select`` empty means all. Patterns of ``per_path`` are relative to
    ``root``.
    """

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    exclude: tuple[str, ...] = ()
    per_path: dict[str, frozenset[str]] = field(default_factory=dict)
    baseline: Path | None = None
    root: Path = field(default_factory=Path)

    @property
    def tells_unused(self) -> bool:
        """Only when every rule has run can a comment be called unused."""
        return not self.select and not self.ignore

    def wants(self, code: str, file: str) -> bool:
        if code in self.ignore or (self.select and code not in self.select):
            return False
        return not any(
            code in codes and self._matches(file, p) for p, codes in self.per_path.items()
        )

    def _matches(self, file: str, pattern: str) -> bool:
        path = Path(file).absolute()
        root = self.root.absolute()
        relative = path.relative_to(root) if path.is_relative_to(root) else path
        return fnmatch(relative.as_posix(), pattern) or relative.as_posix().startswith(
            pattern.rstrip("/") + "/"
        )


def codes_of(words: list[str] | tuple[str, ...]) -> frozenset[str]:
    """The codes that names, codes or prefixes of codes stand for; UsageError for any other word."""
    found: set[str] = set()
    for word in (part.strip() for words_ in words for part in words_.split(",")):
        if not word:
            continue
        rule = find_rule(word)
        codes = {rule.code} if rule else {c for c in RULES if c.startswith(word.upper())}
        if not codes:
            raise UsageError(f"there is no rule '{word}'; the rules are {', '.join(RULES)}")
        found |= codes
    return frozenset(found)


def load(pyproject: Path | None) -> Config:
    """The configuration in a file; UsageError says what is wrong with it."""
    table = tables_of(pyproject).get("scan", {})
    if pyproject is None:
        return Config()
    if not isinstance(table, dict):
        raise UsageError(f"'{pyproject}': [tool.locktrace.scan] is to be a table")
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise UsageError(f"'{pyproject}': [tool.locktrace.scan] knows no '{unknown[0]}'")
    root = pyproject.parent
    baseline = table.get("baseline")
    if baseline is not None and not isinstance(baseline, str):
        raise UsageError(f"'{pyproject}': 'baseline' is to be a string")
    per_path = table.get("per-path-ignores", {})
    if not isinstance(per_path, dict):
        raise UsageError(f"'{pyproject}': 'per-path-ignores' is to be a table")
    return Config(
        codes_of(_strings(table, "select", pyproject)),
        codes_of(_strings(table, "ignore", pyproject)),
        tuple(_strings(table, "exclude", pyproject)),
        {p: codes_of(_strings(per_path, p, pyproject)) for p in per_path},
        root / baseline if baseline else None,
        root,
    )


def _strings(table: dict[str, Any], key: str, pyproject: Path) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"'{pyproject}': '{key}' is to be a list of strings")
    return value
