"""How a test is judged: what the project's ini options and the test's markers say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pytest

from locktrace.diagnose import KINDS, Thresholds
from locktrace.errors import LocktraceError
from locktrace.pytest_plugin.names import MARKER
from locktrace.suppression import Entry, Suppressions, configured
from locktrace.testing.verdict import INVERSION, Rule

_WORDS = ("off", "ignore", "fail_on", "stall_after")


@dataclass(frozen=True, slots=True)
class Settings:
    """How one test is judged; `stall_after` (s) is 0 where nobody watches it for a hang."""

    off: bool = False
    rule: Rule = field(default_factory=Rule)
    stall_after: float = 0.0
    thresholds: Thresholds = field(default_factory=Thresholds)
    entries: tuple[Entry, ...] = ()

    def suppressions(self) -> Suppressions:
        """Those of the project, none of them used yet."""
        return Suppressions(self.entries)


def of_project(config: pytest.Config) -> Settings:
    """The ini options; UsageError with a sentence for what makes no sense."""
    given = {}
    for threshold in fields(Thresholds):
        name = f"locktrace_{threshold.name}"
        if text := str(config.getini(name)).strip():
            given[threshold.name] = _seconds(text, f"the ini option {name}")
    rule = Rule(
        _kinds(config.getini("locktrace_fail_on"), "the ini option locktrace_fail_on"),
        _kinds(config.getini("locktrace_ignore"), "the ini option locktrace_ignore"),
    )
    try:
        entries = configured(config.rootpath)
    except LocktraceError as error:
        raise pytest.UsageError(str(error)) from None
    return Settings(False, rule, given.get("stall_after", 0.0), Thresholds(**given), entries)


def of_test(item: pytest.Item, project: Settings) -> Settings:
    """`project` as the test's markers change it, the nearest last; UsageError as above."""
    settings = project
    for marker in reversed(list(item.iter_markers(MARKER))):
        settings = _marked(settings, marker, f"@pytest.mark.{MARKER} of {item.nodeid}")
    return settings


def _marked(settings: Settings, marker: pytest.Mark, whose: str) -> Settings:
    if marker.args:
        raise pytest.UsageError(f"{whose} takes keywords only: {', '.join(_WORDS)}")
    unknown = sorted(marker.kwargs.keys() - set(_WORDS))
    if unknown:
        raise pytest.UsageError(f"{whose} has no {unknown[0]!r}; it takes {', '.join(_WORDS)}")
    words = marker.kwargs
    if not isinstance(words.get("off", False), bool):
        raise pytest.UsageError(f"{whose}: off is True or False, not {words['off']!r}")
    rule = Rule(
        settings.rule.fail_on | _kinds(words.get("fail_on", ()), f"fail_on in {whose}"),
        settings.rule.ignore | _kinds(words.get("ignore", ()), f"ignore in {whose}"),
    )
    settings = replace(settings, off=words.get("off", settings.off), rule=rule)
    if "stall_after" in words:
        seconds = _seconds(words["stall_after"], f"stall_after in {whose}")
        thresholds = replace(settings.thresholds, stall_after=seconds)
        settings = replace(settings, stall_after=seconds, thresholds=thresholds)
    return settings


def _seconds(value: Any, whose: str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if isinstance(value, bool) or not 0 < seconds < float("inf"):
        raise pytest.UsageError(f"{whose} is a number of seconds above 0, not {value!r}")
    return seconds


def _kinds(value: Any, whose: str) -> frozenset[str]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise pytest.UsageError(f"{whose} is a list of kinds of findings, not {value!r}")
    kinds = frozenset(map(str, value))
    unknown = sorted(kinds - KINDS - {INVERSION})
    if unknown:
        raise pytest.UsageError(
            f"{whose}: there is no finding kind {unknown[0]!r}; "
            f"the kinds are {', '.join(sorted(KINDS))}"
        )
    return kinds
