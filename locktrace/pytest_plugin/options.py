"""The options of the command line and of the project's ini file; loaded in every run."""

from __future__ import annotations

from dataclasses import fields

import pytest

from locktrace.diagnose import Thresholds


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
    """Also before the command line has been parsed in full, when conftest files are loaded."""
    return bool(config.known_args_namespace.locktrace or config.getini("locktrace"))
