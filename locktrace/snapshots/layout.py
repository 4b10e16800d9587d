"""Lines of plain text that keep within a width, counted in terminal cells."""

from __future__ import annotations

from collections.abc import Container, Sequence
from unicodedata import combining, east_asian_width

from locktrace.wording import plain


def cells(text: str) -> int:
    """The columns that a terminal gives `text`: two for each wide character."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def clip(text: str, width: int) -> str:
    """`text`, its end replaced by an ellipsis if it is too wide."""
    return text if cells(text) <= width else _head(text, max(0, width - 1)) + "…"


def clip_start(text: str, width: int) -> str:
    """`text`, its start replaced by an ellipsis: the end of a path says most."""
    if cells(text) <= width:
        return text
    return "…" + _head(text[::-1], max(0, width - 1))[::-1]


def wrap(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """`text` in lines of at most `width`; `first` begins the first line, `indent` the others.

    Of control characters, which a saved file may hold, only their escapes remain.
    """
    lines = []
    line = indent if first is None else first
    empty = True
    for word in _short_words(plain(text), max(8, width - len(indent))):
        if not empty and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line, empty = indent, True
        line += word if empty else f" {word}"
        empty = False
    return [*lines, line]


def table(
    rows: Sequence[Sequence[str]], most: Sequence[int], right: Container[int] = ()
) -> list[str]:
    """`rows` in columns as wide as their widest cell, at most as `most` says."""
    widths = [
        min(limit, max((cells(row[column]) for row in rows), default=0))
        for column, limit in enumerate(most)
    ]
    return [
        "  ".join(
            _pad(clip(cell, width), width, column in right)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _pad(text: str, width: int, to_the_right: bool) -> str:
    space = " " * (width - cells(text))
    return space + text if to_the_right else text + space


def _head(text: str, width: int) -> str:
    used = 0
    for position, character in enumerate(text):
        used += cells(character)
        if used > width:
            return text[:position]
    return text


def _short_words(text: str, width: int) -> list[str]:
    """The words of `text`, those wider than `width` cut to pieces."""
    words = []
    for word in text.split():
        rest = word
        while cells(rest) > width:
            piece = _head(rest, width)
            words.append(piece)
            rest = rest[len(piece) :]
        words.append(rest)
    return words
