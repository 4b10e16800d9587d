"""A file of findings that are known: they are not told again, new ones are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from locktrace.errors import CannotSaveError, UsageError
from locktrace.scan.records import Finding

_SCHEMA = 1


def save(path: Path, findings: Iterable[Finding]) -> None:
    """Write the findings without their lines, which move; CannotSaveError if that fails."""
    counts = Counter(_key(finding, path.absolute().parent) for finding in findings)
    entries = [
        {"code": code, "file": file, "function": function, "lock": lock, "count": count}
        for (code, file, function, lock), count in sorted(counts.items())
    ]
    text = json.dumps({"schema": _SCHEMA, "findings": entries}, indent=1) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotSaveError(
            f"the baseline '{path}' cannot be written: {error.strerror}"
        ) from error


def load(path: Path) -> Counter[tuple[str, str, str, str]]:
    """The known findings and how many there are of each; UsageError if the file is none of ours."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != _SCHEMA:
            raise UsageError(
                f"the baseline '{path}' has schema {data['schema']}, and this reads {_SCHEMA}"
            )
        return Counter(
            {
                (e["code"], e["file"], e["function"], e["lock"]): int(e["count"])
                for e in data["findings"]
            }
        )
    except OSError as error:
        raise UsageError(f"the baseline '{path}' cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"'{path}' is no baseline of locktrace scan") from error


def new_findings(findings: Iterable[Finding], path: Path) -> list[Finding]:
    """The findings that the baseline does not have, or has fewer of."""
    known = load(path)
    told = []
    for finding in findings:
        key = _key(finding, path.absolute().parent)
        if known[key] > 0:
            known[key] -= 1
        else:
            told.append(finding)
    return told


def _key(finding: Finding, root: Path) -> tuple[str, str, str, str]:
    code, file, function, lock = finding.key
    path = Path(file).absolute()
    relative = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return code, relative, function, lock
