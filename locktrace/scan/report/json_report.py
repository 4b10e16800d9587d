"""For programs: everything, in one documented shape (docs/scan.md)."""

from __future__ import annotations

import json
from dataclasses import asdict

from locktrace.scan.records import Report


def render(report: Report, _with_listing: bool) -> str:
    """The operations are there with or without ``--list``: a program can leave them out itself."""
    data = {
        "schema": 1,
        "files": report.files,
        "lines": report.lines,
        "seconds": round(report.seconds, 3),
        "suppressed": report.suppressed,
        "baselined": report.baselined,
        "findings": [asdict(finding) for finding in report.findings],
        "operations": [asdict(line) for line in report.listing],
        "unscanned": [asdict(trouble) for trouble in report.troubles],
        "notices": list(report.notices),
    }
    return json.dumps(data, indent=1)
