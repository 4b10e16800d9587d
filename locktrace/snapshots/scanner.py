"""What the static scanner says of the places that a finding names."""

from __future__ import annotations

from locktrace.model import Finding

MOST_FILES = 8  # scanning takes some 10 ms a file, and a report is wanted now


def rules_of(finding: Finding) -> tuple[str, ...]:
    """Codes of the scanner's rules that see this kind of finding at one of its sites."""
    from locktrace.scan.agreement import Place, rules_at

    sites = [listed.site for listed in finding.sites if listed.site.file.endswith(".py")]
    files = list(dict.fromkeys(site.file for site in sites))[:MOST_FILES]
    return rules_at(
        finding.kind, [Place(site.file, site.line) for site in sites if site.file in files]
    )
