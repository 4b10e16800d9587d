"""SARIF 2.1.0 (OASIS), as code scanning services read it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from locktrace.scan.records import Finding, Listed, Report, Trouble
from locktrace.scan.rules import RULES

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report, with_listing: bool) -> str:
    codes = list(RULES)
    driver = {
        "name": "locktrace scan",
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": rule.page.partition("\n\n")[0].replace("\n", " ")},
                "help": {"text": rule.page},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            }
            for rule in RULES.values()
        ],
    }
    run = {
        "tool": {"driver": driver},
        "results": [
            *(_result(finding, codes) for finding in report.findings),
            *(_operation(listed) for listed in (report.listing if with_listing else ())),
        ],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(t) for t in report.troubles],
            }
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} (in {finding.function})"},
        "locations": [{"physicalLocation": _place(finding.file, finding.line)}],
        "partialFingerprints": {"locktrace/v1": _fingerprint(finding)},
    }
    if finding.path:
        steps = [
            {
                "location": {
                    "physicalLocation": _place(step.file or finding.file, step.line),
                    "message": {"text": step.text},
                }
            }
            for step in finding.path
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _operation(listed: Listed) -> dict[str, Any]:
    """A line of the listing: no problem, so of the kind that SARIF has for remarks."""
    return {
        "kind": "informational",
        "level": "none",
        "message": {"text": str(listed)},
        "locations": [{"physicalLocation": _place(listed.file, listed.line)}],
    }


def _notification(trouble: Trouble) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": f"{trouble.reason}; not scanned"},
        "locations": [{"physicalLocation": _place(trouble.file, trouble.line)}],
    }


def _place(file: str, line: int) -> dict[str, Any]:
    path = Path(file)
    uri = path.as_uri() if path.is_absolute() else path.as_posix()
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": max(1, line)}}


def _fingerprint(finding: Finding) -> str:
    return hashlib.sha256("\0".join(finding.key).encode()).hexdigest()[:32]
