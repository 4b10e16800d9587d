"""What a person can set: the ini options of a project and the marker of a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pytest

from locktrace.diagnose import KINDS, Thresholds
from locktrace.pytest_plugin.names import MARKER
from locktrace.testing.verdict import INVERSION, Rule

_WORDS = ("off", "ignore", "fail_on", "stall_after")


@dataclass(frozen=True, slots=True)
class Options:
    """How one test is judged; `stall_after` (s) is 0 where nobody watches it for a hang."""

    off: bool = False
    rule: Rule = field(default_factory=Rule)
    stall_after: float = 0.0
    thresholds: Thresholds = field(default_factory=Thresholds)


def add_options(parser: pytest.Parser) -> None:
    """The command line's option, and an ini option for each thing that can be set."""
    group = parser.getgroup("locktrace")
    group.addoption(
        "--locktrace",
        action="store_true",
        help="Trace locks; fail each test that leaves one held or takes them in both orders.",
    )
    parser.addini("locktrace", "Trace locks in every run, as --locktrace does.", "bool", False)
    parser.addini(
        "locktrace_fail_on",
        "Kinds of findings that fail a test, besides errors and lock-order inversions.",
        "args",
        [],
    )
    parser.addini("locktrace_ignore", "Kinds of findings that fail no test.", "args", [])
    for threshold in fields(Thresholds):
        text = f"Seconds, as in docs/findings.md (default {threshold.default})."
        if threshold.name == "stall_after":
            text = "Seconds that a test may wait for a lock; then it is failed (default: for ever)."
        parser.addini(f"locktrace_{threshold.name}", text, "string", "")


def is_wanted(config: pytest.Config) -> bool:
    return bool(config.getoption("--locktrace") or config.getini("locktrace"))


def of_project(config: pytest.Config) -> Options:
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
    return Options(False, rule, given.get("stall_after", 0.0), Thresholds(**given))


def of_test(item: pytest.Item, project: Options) -> Options:
    """`project` as the test's markers change it, the nearest last; UsageError as above."""
    options = project
    for marker in reversed(list(item.iter_markers(MARKER))):
        options = _marked(options, marker, f"@pytest.mark.{MARKER} of {item.nodeid}")
    return options


def _marked(options: Options, marker: pytest.Mark, whose: str) -> Options:
    if marker.args:
        raise pytest.UsageError(f"{whose} takes keywords only: {', '.join(_WORDS)}")
    unknown = sorted(marker.kwargs.keys() - set(_WORDS))
    if unknown:
        raise pytest.UsageError(f"{whose} has no {unknown[0]!r}; it takes {', '.join(_WORDS)}")
    words = marker.kwargs
    if not isinstance(words.get("off", False), bool):
        raise pytest.UsageError(f"{whose}: off is True or False, not {words['off']!r}")
    rule = Rule(
        options.rule.fail_on | _kinds(words.get("fail_on", ()), f"fail_on in {whose}"),
        options.rule.ignore | _kinds(words.get("ignore", ()), f"ignore in {whose}"),
    )
    options = replace(options, off=words.get("off", options.off), rule=rule)
    if "stall_after" in words:
        seconds = _seconds(words["stall_after"], f"stall_after in {whose}")
        thresholds = replace(options.thresholds, stall_after=seconds)
        options = replace(options, stall_after=seconds, thresholds=thresholds)
    return options


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
