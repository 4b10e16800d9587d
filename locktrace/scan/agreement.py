"""Where runtime and scanner speak of the same place: a site of a run, and the rule that sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from locktrace.scan.config import Config
from locktrace.scan.engine import scan
from locktrace.scan.records import Finding
from locktrace.scan.rules import RULES


@dataclass(frozen=True, slots=True)
class Place:
    """A line of source that a run speaks of."""

    file: str
    line: int


def rules_for(kind: str, places: Iterable[Place], findings: Iterable[Finding]) -> tuple[str, ...]:
    """Codes of the findings at one of `places` whose rule sees runtime findings of `kind` in the
    source.

    A finding is at its own line and at each line of its path.
    """
    wanted = {(_full(place.file), place.line) for place in places}
    codes = {
        finding.code
        for finding in findings
        if kind in RULES[finding.code].kinds and wanted & _lines_of(finding)
    }
    return tuple(sorted(codes))


def rules_at(kind: str, places: Iterable[Place]) -> tuple[str, ...]:
    """As `rules_for`, scanning the files of `places`, those that are there, for themselves."""
    listed = tuple(places)
    return rules_for(kind, listed, findings_in({place.file for place in listed}))


def findings_in(files: Iterable[str]) -> tuple[Finding, ...]:
    """The findings of the rules, comments and configuration left aside, in the files that are
    there.
    """
    present = sorted(path for path in map(Path, set(files)) if path.is_file())
    return scan(present, Config(), jobs=1).findings if present else ()


def _lines_of(finding: Finding) -> set[tuple[str, int]]:
    own = _full(finding.file)
    steps = {(_full(step.file) if step.file else own, step.line) for step in finding.path}
    return {(own, finding.line)} | steps


def _full(file: str) -> str:
    return str(Path(file).absolute())
