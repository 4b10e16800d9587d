"""Annotations on a pull request: workflow commands, one line each."""

from __future__ import annotations

from locktrace.scan.records import Report
from locktrace.scan.report.table import summary

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report, with_listing: bool) -> str:
    lines = []
    for listed in report.listing if with_listing else ():
        place = f"file={_property(listed.file)},line={listed.line}"
        lines.append(f"::notice {place},title=lock operation::{_data(str(listed))}")
    for finding in report.findings:
        steps = "".join(f"\nline {step.line}: {step.text}" for step in finding.path)
        place = f"file={_property(finding.file)},line={finding.line}"
        title = _property(f"{finding.code} {finding.rule}")
        text = _data(finding.message + steps)
        lines.append(f"::{_COMMANDS[finding.severity]} {place},title={title}::{text}")
    for trouble in report.troubles:
        place = f"file={_property(trouble.file)},line={max(1, trouble.line)}"
        lines.append(f"::warning {place}::{_data(trouble.reason)}; not scanned")
    lines.append(summary(report))
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
