"""A table that keeps up with a live ledger.

Textual's DataTable has fixed or content-wide columns and a cursor that stands on a place, not
on a row. This one gives spare room to the columns that want it, leaves columns out where there
is none, follows its row over refreshes and re-sorts, and draws only the lines that changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.typeset import Typeset
from locktrace_tui.widgets.tones import STYLES

MARKER = "❯ "
"""Stands before the row under the cursor, so that its colour is not the only sign."""


class Table(ScrollView, can_focus=True):
    """Rows under a header, one of them under the cursor.

    Until the person moves the cursor it stays on the first row, whichever that is; from then
    on it stays with its row, and Home lets go of it again.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--row",
        "table--header",
        "table--cursor",
        "table--chosen",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("enter", "open", "Open", show=False),
    ]

    class Moved(Message):
        """The person moved the cursor to another row."""

        def __init__(self, table: Table) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> Table:
            return self.table

    class Opened(Moved):
        """Enter or a double click on the row under the cursor."""

    class HeaderClicked(Moved):
        """A click on the header of a sortable column, whose key this has."""

        def __init__(self, table: Table, column: str) -> None:
            super().__init__(table)
            self.column = column

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "",
        header: bool = True,
        keeps_cursor: bool = False,
        id: str | None = None,  # noqa: A002 - the name that Textual gives it
    ) -> None:
        """`empty` is said where there are no rows; `keeps_cursor` shows it without the focus too."""
        super().__init__(id=id)
        self.cursor = 0
        self._columns = tuple(columns)
        self._rows: tuple[Row, ...] = ()
        self._lines = Typeset(self._columns, (), 0)
        self._painted: dict[int, Strip] = {}
        self._styles: dict[tuple[str, Tone], RichStyle] = {}
        self._empty = Cell(empty, Tone.MUTED)
        self._header_height = int(header)
        self._keeps_cursor = keeps_cursor
        self._follows_row = False
        self._sort = ("", False)

    @property
    def cursor_key(self) -> Hashable:
        """The key of the row under the cursor, None in an empty table."""
        return self._rows[self.cursor].key if self._rows else None

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self._rows)

    def show_rows(self, rows: Sequence[Row], *, sort: tuple[str, bool] = ("", False)) -> None:
        """Replace the rows; `sort` is the key of the column they are sorted by, and if backwards."""
        key, was_in_sight = self.cursor_key, self._cursor_in_sight()
        self._rows, self._sort = tuple(rows), sort
        self.cursor = self._place_of(key) if self._follows_row else 0
        self._lay_out()
        if was_in_sight:
            self._scroll_to_cursor()

    def _place_of(self, key: Hashable) -> int:
        """Where the row now is; where it was if it is gone."""
        places = (place for place, row in enumerate(self._rows) if row.key == key)
        return next(places, max(0, min(self.cursor, len(self._rows) - 1)))

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        rows = self._rows or (Row(None, (self._empty,), spans=True),)
        self._lines = Typeset(self._columns, rows, max(0, width - len(MARKER)))
        self.virtual_size = Size(width, len(self._lines.places) + self._header_height)
        self._repaint_changed()

    def _repaint_changed(self) -> None:
        for y, strip in self._painted.items():
            if self._paint(y) != strip:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        self._painted[y] = strip = self._paint(y)
        return strip

    def _paint(self, y: int) -> Strip:
        """The line at a distance from the table's top edge, the header being the first."""
        if y < self._header_height:
            text = " " * len(MARKER) + self._lines.header(*self._sort)
            return self._strip([Segment(text, self._style("table--header"))], "table--header")
        number = y - self._header_height + self.scroll_offset.y
        if number >= len(self._lines.places):
            return self._strip([], "table--row")
        row, part = self._lines.places[number]
        marked = bool(self._rows) and row == self.cursor and (self.has_focus or self._keeps_cursor)
        component = "table--row"
        if marked:
            component = "table--cursor" if self.has_focus else "table--chosen"
        marker = MARKER if marked and part == 0 else " " * len(MARKER)
        segments = [Segment(marker, self._style(component, Tone.ACCENT))]
        segments += [
            Segment(text, self._style(component, tone)) for text, tone in self._lines.line(number)
        ]
        return self._strip(segments, component)

    def _strip(self, segments: list[Segment], component: str) -> Strip:
        width = self.scrollable_content_region.width
        return Strip(segments).adjust_cell_length(width, self._style(component))

    def _style(self, component: str, tone: Tone = Tone.PLAIN) -> RichStyle:
        if (component, tone) not in self._styles:
            style = self.get_visual_style(component) + Style.parse(STYLES[tone])
            self._styles[component, tone] = style.rich_style
        return self._styles[component, tone]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def action_move(self, rows: int) -> None:
        self._go_to(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        self._go_to(self.cursor + pages * max(1, self.size.height - self._header_height))

    def action_last(self) -> None:
        self._go_to(len(self._rows) - 1)

    def action_first(self) -> None:
        self._go_to(0)
        self._follows_row = False

    def action_open(self) -> None:
        if self._rows:
            self._follows_row = True
            self.post_message(self.Opened(self))

    def _go_to(self, place: int) -> None:
        self._follows_row = True
        self.cursor = max(0, min(place, len(self._rows) - 1))
        self._repaint_changed()
        self._scroll_to_cursor()
        self.post_message(self.Moved(self))

    def on_click(self, event: events.Click) -> None:
        if event.y < self._header_height:
            column = self._lines.column_at(event.x - len(MARKER))
            if column and column.sortable:
                self.post_message(self.HeaderClicked(self, column.key))
            return
        number = event.y - self._header_height + self.scroll_offset.y
        if self._rows and number < len(self._lines.places):
            self._go_to(self._lines.places[number][0])
            if event.chain == 2:
                self.action_open()

    def _room(self) -> int:
        return max(1, self.size.height - self._header_height)

    def _cursor_in_sight(self) -> bool:
        return 0 <= self._cursor_line() - self.scroll_offset.y < self._room()

    def _cursor_line(self) -> int:
        return self._lines.first_line(self.cursor) if self._rows else 0

    def _scroll_to_cursor(self) -> None:
        line, top = self._cursor_line(), self.scroll_offset.y
        if line < top:
            self.scroll_to(y=line, animate=False)
        elif line >= top + self._room():
            self.scroll_to(y=line - self._room() + 1, animate=False)
