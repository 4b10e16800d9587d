"""Rows set in lines of a given width: what a table widget has to draw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.fit import column_widths, cut, gap, pad, wrap

Piece = tuple[str, Tone]
"""Text of the right width, and its tone."""


class Typeset:
    """The lines of a table. Lines are set when asked for, so that only those seen cost anything."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Row], width: int) -> None:
        self.columns = columns
        self.rows = rows
        self.width = width
        self._gap = gap(width)
        self._widths = column_widths(columns, rows, width)
        self._kept = [i for i, column_width in enumerate(self._widths) if column_width]
        self.places = [
            (number, part) for number, row in enumerate(rows) for part in range(self._height(row))
        ]
        """For each line the number of its row, and which of the row's lines it is."""

    def first_line(self, row: int) -> int:
        """The first line of a row."""
        return self.places.index((row, 0))

    def line(self, number: int) -> list[Piece]:
        """The pieces of a line, blanks between the columns included; together `width` cells."""
        row, part = self.places[number]
        cells = self.rows[row].cells
        if self.rows[row].spans:
            text = wrap(cells[0].text, self.width)[part]
            return [(pad(text, self.width), cells[0].tone)]
        pieces: list[Piece] = []
        for i in self._kept:
            if pieces:
                pieces.append((" " * self._gap, Tone.PLAIN))
            pieces.append((self._set(i, cells[i], part), cells[i].tone))
        return pieces

    def header(self, sorted_by: str = "", backwards: bool = False) -> str:
        """The columns' labels, with an arrow at the one that the rows are sorted by."""
        labels = []
        for i in self._kept:
            column = self.columns[i]
            arrow = ("▲" if backwards else "▼") if column.key == sorted_by else ""
            label = cut(column.label, self._widths[i] - len(arrow)) + arrow
            labels.append(pad(label, self._widths[i], right=column.right))
        return (" " * self._gap).join(labels)

    def column_at(self, x: int) -> Column | None:
        """The column at a distance from the left; the blank after a column belongs to it."""
        ends = accumulate(self._widths[i] + self._gap for i in self._kept)
        return next(
            (self.columns[i] for i, end in zip(self._kept, ends, strict=True) if x < end), None
        )

    def _height(self, row: Row) -> int:
        if row.spans:
            return len(wrap(row.cells[0].text, self.width))
        wrapped = (i for i in self._kept if self.columns[i].wraps)
        return max((len(wrap(row.cells[i].text, self._widths[i])) for i in wrapped), default=1)

    def _set(self, i: int, cell: Cell, part: int) -> str:
        column, width = self.columns[i], self._widths[i]
        if column.wraps:
            lines = wrap(cell.text, width)
            text = lines[part] if part < len(lines) else ""
        else:
            text = cut(cell.text, width, middle=column.middle) if part == 0 else ""
        return pad(text, width, right=column.right)
