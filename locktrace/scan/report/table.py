"""For people: findings with their paths, the listing in columns, one line at the end."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.scan.records import Finding, Listed, Report

_WIDEST = 60


def render(report: Report, with_listing: bool) -> str:
    lines: list[str] = []
    if with_listing:
        lines += _table(report.listing)
        lines.append("")
    for finding in report.findings:
        lines += _finding(finding)
        lines.append("")
    lines += [
        f"{t.file}:{t.line}: {t.reason}; not scanned"
        if t.line
        else f"{t.file}: {t.reason}; not scanned"
        for t in report.troubles
    ]
    lines += report.notices
    lines.append(summary(report))
    return "\n".join(lines)


def summary(report: Report) -> str:
    """The scan in one line."""
    found = _count(len(report.findings), "finding") if report.findings else "no findings"
    kept_back = [
        f"{number} {word}"
        for number, word in (
            (report.suppressed, "suppressed"),
            (report.baselined, "in the baseline"),
        )
        if number
    ]
    extra = f" ({', '.join(kept_back)})" if kept_back else ""
    locks = sum(1 for line in report.listing if line.action == "create")
    seen = f"{_count(locks, 'lock')} created, {_count(len(report.listing), 'operation')}"
    size = f"{_count(report.files, 'file')}, {_count(report.lines, 'line')}"
    return f"{found}{extra}; {seen} in {size}, {report.seconds:.2f} s"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _finding(finding: Finding) -> Iterator[str]:
    rule = f"[{finding.code} {finding.rule}]"
    yield f"{finding.file}:{finding.line}: {finding.severity}: {finding.message} {rule}"
    if finding.function:
        yield f"  in {finding.function}"
    for step in finding.path:
        place = (
            f"line {step.line}" if step.file in ("", finding.file) else f"{step.file}:{step.line}"
        )
        yield f"    {place}: {step.text}"


def _table(listing: tuple[Listed, ...]) -> Iterator[str]:
    head = ("WHERE", "FUNCTION", "OPERATION", "LOCK", "KIND", "MODE", "FORM")
    rows = [
        (f"{x.file}:{x.line}", x.function, x.action, x.name, x.kind, x.mode, x.form)
        for x in listing
    ]
    widths = [min(_WIDEST, max(len(row[i]) for row in [head, *rows])) for i in range(len(head))]
    for row in [head, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
