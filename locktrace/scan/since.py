"""`locktrace scan --since REPORT.json`: what a run acquired and never released, with the scanner's
word on it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locktrace.errors import UsageError
from locktrace.scan.agreement import Place, rules_for
from locktrace.scan.records import Finding


@dataclass(frozen=True, slots=True)
class UnreleasedSite:
    """A site that `count` holds of `lock` were taken at and still had at the end of the run."""

    file: str
    line: int
    function: str
    lock: str
    mode: str
    count: int


def unreleased_sites(report: Path) -> tuple[UnreleasedSite, ...]:
    """The sites in a report of `locktrace run` or `dump`, most holds first; UsageError if it is
    none.
    """
    try:
        document = json.loads(report.read_text(encoding="utf-8"))
        names = {lock["id"]: str(lock["name"]) for lock in document["locks"]}
        counts = Counter(_site(hold, names) for hold in document["holds"] if hold["stack"])
    except OSError as error:
        raise UsageError(f"the report '{report}' cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UsageError(f"'{report}' is no report of locktrace run") from error
    return tuple(
        UnreleasedSite(file, line, function, lock, mode, count)
        for (file, line, function, lock, mode), count in counts.most_common()
    )


def lines(sites: Iterable[UnreleasedSite], findings: Iterable[Finding]) -> Iterator[str]:
    """One line a site, with the rules that see it in the source."""
    known = tuple(findings)
    for site in sites:
        codes = rules_for("leaked-lock", [Place(site.file, site.line)], known)
        word = "read-locked" if site.mode == "shared" else "acquired"
        times = f"{site.count} times" if site.count > 1 else "once"
        rule = f" [{', '.join(codes)}]" if codes else " [no rule sees why]"
        place = f"{site.file}:{site.line}"
        yield f"{place}: {site.lock} {word} {times} in {site.function}, never released{rule}"


def _site(hold: dict[str, Any], names: dict[int, str]) -> tuple[str, int, str, str, str]:
    stack = hold["stack"]
    frame = stack[min(int(hold.get("site_index", 0)), len(stack) - 1)]
    lock = names.get(hold["lock"], "a lock")
    return str(frame["file"]), int(frame["line"]), str(frame["function"]), lock, str(hold["mode"])
