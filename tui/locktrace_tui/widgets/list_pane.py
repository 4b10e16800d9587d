"""A pane that is one list."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from locktrace_tui.rows.cells import Column, Row
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.table import Table


class ListPane(Pane):
    """The table's id is the pane's with ``-table`` behind it."""

    def __init__(self, *, id: str, title: str, columns: Sequence[Column], empty: str) -> None:
        super().__init__(id=id, title=title)
        self._title = title
        self._columns = columns
        self._empty = empty

    def compose(self) -> ComposeResult:
        yield Table(self._columns, empty=self._empty, id=f"{self.id}-table")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    def show_rows(self, rows: Sequence[Row], total: int) -> None:
        """`total` is what the rows stand for, which the title says."""
        self.table.show_rows(rows)
        self.set_title(self._title, str(total) if total else "")
