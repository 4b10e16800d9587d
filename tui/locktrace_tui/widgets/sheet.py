"""Rows under a header, scrolled and redrawn by the line.

Textual's DataTable has fixed or content-wide columns, and its cursor stands on a place, not
on a row. This one gives spare room to the columns that want it, leaves columns out where
there is none, wraps, and draws no line that has not changed: a ledger changes four times
a second, and most of it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.typeset import Typeset
from locktrace_tui.widgets.tones import STYLES

MARGIN = "  "
MARKER = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT} "
"""Stands in the margin of the marked row, so that its colour is not the only sign."""


class Sheet(ScrollView, can_focus=True):
    """Rows to read; the arrow keys scroll."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"sheet--row", "sheet--header"}

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "",
        header: bool = False,
        id: str | None = None,
    ) -> None:
        """`empty` is said where there are no rows."""
        super().__init__(id=id)
        self._columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()
        self._empty = Row(None, (Cell(empty, Tone.MUTED),), spans=True)
        self._lines = Typeset(self._columns, (), 0)
        self._sort = ("", False)
        self._header_height = int(header)
        self._painted: dict[int, Strip] = {}
        self._styles: dict[tuple[str, Tone], RichStyle] = {}

    def set_columns(self, columns: Sequence[Column]) -> None:
        """What the rows that are shown from now on have in them."""
        self._columns = tuple(columns)

    def show_rows(self, rows: Sequence[Row], *, sort: tuple[str, bool] = ("", False)) -> None:
        """Replace the rows; `sort` is the key of the column they are sorted by and if backwards."""
        self.rows, self._sort = tuple(rows), sort
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        rows = self.rows or (self._empty,)
        self._lines = Typeset(self._columns, rows, max(0, width - len(MARGIN)))
        self.virtual_size = Size(width, len(self._lines.places) + self._header_height)
        self._repaint_changed()

    def _repaint_changed(self) -> None:
        for y, strip in self._painted.items():
            if self._paint(y) != strip:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """The line at a distance from the top edge; the header does not scroll."""
        self._painted[y] = strip = self._paint(y)
        return strip

    def _paint(self, y: int) -> Strip:
        if y < self._header_height:
            header = self._lines.header(*self._sort)
            return self._strip("sheet--header", [(MARGIN + header, Tone.PLAIN)])
        number = self._line_number(y)
        if number is None:
            return self._strip("sheet--row", [])
        row, part = self._lines.places[number]
        marked, component = self._mark
        if row != marked:
            return self._strip("sheet--row", [(MARGIN, Tone.PLAIN), *self._lines.line(number)])
        margin = MARKER if part == 0 else MARGIN
        return self._strip(component, [(margin, Tone.STRONG), *self._lines.line(number)])

    @property
    def _mark(self) -> tuple[int | None, str]:
        """The row to mark, if any, and the component class it has."""
        return None, ""

    def _line_number(self, y: int) -> int | None:
        """The line seen at a distance from the top edge, None below the last one."""
        number = y - self._header_height + self.scroll_offset.y
        return number if number < len(self._lines.places) else None

    def _strip(self, component: str, pieces: Sequence[tuple[str, Tone]]) -> Strip:
        segments = [Segment(text, self._style(component, tone)) for text, tone in pieces]
        width = self.scrollable_content_region.width
        return Strip(segments).adjust_cell_length(width, self._style(component, Tone.PLAIN))

    def _style(self, component: str, tone: Tone) -> RichStyle:
        if (component, tone) not in self._styles:
            style = self.get_visual_style(component) + Style.parse(STYLES[tone])
            self._styles[component, tone] = style.rich_style
        return self._styles[component, tone]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
