"""A sheet with a cursor that stays with its row, and a header to sort by."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from locktrace_tui.rows.cells import Column, Row
from locktrace_tui.widgets.sheet import MARGIN, Sheet


class Table(Sheet):
    """A sheet whose cursor follows what matters.

    Until the person moves it, it stays on the first row, whichever that is; from then on it
    stays with its row through refreshes and re-sorts, and Home lets go of it again.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor", "table--chosen"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("enter", "open", "Open", key_display="⏎"),
    ]

    class Moved(Message):
        """The person moved the cursor."""

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
        keeps_cursor: bool = False,
        id: str | None = None,
    ) -> None:
        """`keeps_cursor` shows the cursor without the focus too."""
        super().__init__(columns, empty=empty, header=True, id=id)
        self.cursor = 0
        """The number of the row under the cursor."""
        self._keeps_cursor = keeps_cursor
        self._follows_row = False

    @property
    def cursor_key(self) -> Hashable:
        """The key of the row under the cursor, None in an empty table."""
        return self.rows[self.cursor].key if self.rows else None

    def show_rows(self, rows: Sequence[Row], *, sort: tuple[str, bool] = ("", False)) -> None:
        """As the sheet does; the cursor goes where its row went, or stays where its row is gone."""
        was_in_sight = self._cursor_in_sight()
        if self._follows_row:
            places = (place for place, row in enumerate(rows) if row.key == self.cursor_key)
            self.cursor = next(places, max(0, min(self.cursor, len(rows) - 1)))
        else:
            self.cursor = 0
        super().show_rows(rows, sort=sort)
        if was_in_sight:
            self._scroll_to_cursor()

    @property
    def _mark(self) -> tuple[int | None, str]:
        if not self.rows or not (self.has_focus or self._keeps_cursor):
            return None, ""
        return self.cursor, "table--cursor" if self.has_focus else "table--chosen"

    def action_move(self, rows: int) -> None:
        self._go_to(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        self._go_to(self.cursor + pages * self._room())

    def action_last(self) -> None:
        self._go_to(len(self.rows) - 1)

    def action_first(self) -> None:
        self._go_to(0)
        self._follows_row = False

    def action_open(self) -> None:
        if self.rows:
            self._follows_row = True
            self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        if event.y < self._header_height:
            column = self._lines.column_at(event.x - len(MARGIN))
            if column and column.sortable:
                self.post_message(self.HeaderClicked(self, column.key))
            return
        number = self._line_number(event.y)
        if self.rows and number is not None:
            self._go_to(self._lines.places[number][0])
            if event.chain == 2:
                self.action_open()

    def _go_to(self, row: int) -> None:
        self._follows_row = True
        self.cursor = max(0, min(row, len(self.rows) - 1))
        self._repaint_changed()
        self._scroll_to_cursor()
        self.post_message(self.Moved(self))

    def _room(self) -> int:
        return max(1, self.size.height - self._header_height)

    def _cursor_line(self) -> int:
        return self._lines.first_line(self.cursor) if self.rows else 0

    def _cursor_in_sight(self) -> bool:
        return 0 <= self._cursor_line() - self.scroll_offset.y < self._room()

    def _scroll_to_cursor(self) -> None:
        line, top = self._cursor_line(), self.scroll_offset.y
        nearest = max(line - self._room() + 1, min(top, line))
        if nearest != top:
            # Forced: the scrollbar that allows it may come with these very rows, later.
            self.scroll_to(y=nearest, animate=False, force=True)
