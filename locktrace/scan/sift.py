"""Which findings are told: selection, paths, comments; and the comments that nothing needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from locktrace.scan.config import Config
from locktrace.scan.records import Finding
from locktrace.scan.rules import RULES, find_rule


class Sieve:
    """Keeps count of what it leaves out. ``ignored``: file -> line -> codes, none of them meaning
    all.
    """

    def __init__(self, config: Config, ignored: dict[str, dict[int, frozenset[str]]]) -> None:
        self._config = config
        self._ignored = ignored
        self._used: set[tuple[str, int]] = set()
        self.suppressed = 0

    def sift(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that are to be told, each once."""
        kept: dict[tuple[str, str, int, str], Finding] = {}
        for finding in findings:
            if not self._config.wants(finding.code, finding.file):
                continue
            if self._is_ignored(finding):
                self.suppressed += 1
                continue
            kept.setdefault((finding.code, finding.file, finding.line, finding.lock), finding)
        return list(kept.values())

    def notices(self) -> Iterator[str]:
        """Comments that suppressed nothing, where they name one of our rules; what names none may
        be for a finding of the runtime."""
        for file, lines in sorted(self._ignored.items()):
            for line, codes in sorted(lines.items()):
                ours = any(find_rule(code) for code in codes)
                if ours and (file, line) not in self._used and self._config.tells_unused:
                    yield f"{file}:{line}: this '# locktrace: ignore' suppresses nothing"

    def _is_ignored(self, finding: Finding) -> bool:
        codes = self._ignored.get(finding.file, {}).get(finding.line)
        if codes is None:
            return False
        names = {finding.code.lower(), finding.rule, *RULES[finding.code].kinds}
        if codes and not names & codes:
            return False
        self._used.add((finding.file, finding.line))
        return True
