"""What a command leaves out, and what of that was needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from locktrace.diagnose.registry import KINDS
from locktrace.model import Finding, Process, Snapshot
from locktrace.suppression.comments import Comments
from locktrace.suppression.concern import sites_of
from locktrace.suppression.entries import Entry


class Suppressions:
    """The entries of the project and the comments of whatever files come up; one for all the
    processes that a command observes, for a suppression that one of them needs is needed."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = tuple(entries)
        self._comments = Comments()
        self._needed: set[str] = set()

    @property
    def needed(self) -> frozenset[str]:
        """Those that have suppressed something, each as a person would call it."""
        return frozenset(self._needed)

    def sift(
        self, snapshot: Snapshot, findings: Iterable[Finding]
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """The findings that are to be told, and those that are suppressed."""
        told: list[Finding] = []
        suppressed: list[Finding] = []
        for finding in findings:
            reasons = set(self._reasons(snapshot, finding))
            self._needed |= reasons
            (suppressed if reasons else told).append(finding)
        return tuple(told), tuple(suppressed)

    def unused(self, process: Process, files: Iterable[str]) -> dict[str, str]:
        """The entries, and the comments in `files`, that have suppressed nothing so far: a
        sentence for each.

        A comment that speaks to the scanner alone, or says no word at all, is the scanner's.
        """
        said = {str(entry): f"{entry} suppresses nothing" for entry in self._entries}
        for file in sorted(files):
            for line, words in sorted(self._comments.of(process, file).items()):
                comment = _comment(file, line, words)
                if unknown := sorted(filter(_is_unknown, words)):
                    said[comment] = f"{comment}: {unknown[0]!r} is no finding kind and no rule"
                elif words & KINDS:
                    said[comment] = f"{comment} suppresses nothing"
        return {name: sentence for name, sentence in said.items() if name not in self._needed}

    def _reasons(self, snapshot: Snapshot, finding: Finding) -> Iterator[str]:
        yield from (str(entry) for entry in self._entries if entry.matches(snapshot, finding))
        for site in sites_of(snapshot, finding):
            words = self._comments.of(snapshot.process, site.file).get(site.line)
            if words is not None and (not words or finding.kind in words):
                yield _comment(site.file, site.line, words)


def _is_unknown(word: str) -> bool:
    """Neither a kind nor a rule; the scanner, which is large, is loaded for no other word."""
    if word in KINDS:
        return False
    from locktrace.scan.rules import find_rule

    return find_rule(word) is None


def _comment(file: str, line: int, words: Iterable[str]) -> str:
    named = ", ".join(sorted(words))
    return f"{file}:{line}: '# locktrace: ignore{f'[{named}]' if named else ''}'"
