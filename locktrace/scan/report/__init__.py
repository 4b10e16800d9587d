"""A report as text, JSON, SARIF or annotations: `render` picks by name."""

from __future__ import annotations

from collections.abc import Callable

from locktrace.scan.records import Report
from locktrace.scan.report import github, json_report, sarif, table

FORMATS: dict[str, Callable[[Report, bool], str]] = {
    "table": table.render,
    "json": json_report.render,
    "sarif": sarif.render,
    "github": github.render,
}
"""By the name that ``--format`` takes; each is given the report and whether to list all
operations.
"""
