"""Text into a given number of terminal cells: cut, padded, wrapped; and widths for columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, chop_cells, set_cell_size

from locktrace_tui.rows.cells import Column, Row

ELLIPSIS = "…"
ROOMY = 100
"""From this width on, two blanks part the columns instead of one."""


def cut(text: str, width: int, *, middle: bool = False) -> str:
    """`text` in at most `width` cells; what is left out shows as an ellipsis."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    if not middle:
        return _head(text, width - 1) + ELLIPSIS
    tail = width // 2
    return _head(text, width - 1 - tail) + ELLIPSIS + _tail(text, tail)


def _head(text: str, width: int) -> str:
    return chop_cells(text, width)[0] if width else ""


def _tail(text: str, width: int) -> str:
    start = len(text) - width
    while cell_len(text[start:]) > width:
        start += 1
    return text[start:]


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, flush left or right."""
    if right:
        return " " * (width - cell_len(text)) + text
    return set_cell_size(text, width)


def wrap(text: str, width: int) -> list[str]:
    """`text` as lines of at most `width` cells, broken at blanks where there are any."""
    lines = textwrap.wrap(text, max(width, 1), break_on_hyphens=False) or [""]
    return [part for line in lines for part in (chop_cells(line, max(width, 1)) or [""])]


def gap(available: int) -> int:
    """Blanks between two columns in a table of this width."""
    return 2 if available >= ROOMY else 1


def column_widths(columns: Sequence[Column], rows: Iterable[Row], available: int) -> list[int]:
    """The width of each column, 0 for one that is left out; together at most `available`.

    Only a window too narrow for the least widths of all columns that may not be left out
    is overrun: the right end of the line is then not seen.
    """
    kept = _kept(columns, available)
    widths = _natural(columns, kept, list(rows))
    spare = available - gap(available) * (len(kept) - 1) - sum(widths)
    if spare >= 0:
        takers = [i for i in kept if columns[i].most is None]
        for place, i in enumerate(takers):
            widths[i] += spare // len(takers) + (place < spare % len(takers))
        return widths
    for _ in range(-spare):
        i = max(kept, key=lambda i: widths[i] - columns[i].least)
        if widths[i] <= columns[i].least:
            break
        widths[i] -= 1
    return widths


def _kept(columns: Sequence[Column], available: int) -> list[int]:
    kept = list(range(len(columns)))
    while sum(columns[i].least + gap(available) for i in kept) - gap(available) > available:
        last = max(kept, key=lambda i: columns[i].drop, default=0)
        if not kept or not columns[last].drop:
            break
        kept.remove(last)
    return kept


def _natural(columns: Sequence[Column], kept: list[int], rows: list[Row]) -> list[int]:
    widths = [0] * len(columns)
    plain = [row for row in rows if not row.spans]
    for i in kept:
        column = columns[i]
        wanted = max(
            (cell_len(row.cells[i].text) for row in plain if i < len(row.cells)), default=0
        )
        most = wanted if column.most is None else column.most
        widths[i] = max(column.least, min(wanted, most))
    return widths
