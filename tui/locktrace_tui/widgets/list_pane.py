"""A pane that is one list."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from locktrace_tui.rows.cells import Column, Row
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.table import Table


class ListPane(Pane):
    """Its title counts the rows. The table's id is the pane's with ``-table`` behind it."""

    def __init__(self, *, id: str, title: str, columns: Sequence[Column], empty: str) -> None:  # noqa: A002
        super().__init__(id=id, title=title)
        self._title = title
        self._columns = columns
        self._empty = empty

    def compose(self) -> ComposeResult:
        yield Table(self._columns, empty=self._empty, id=f"{self.id}-table")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def count(self) -> int:
        return self.table.count

    def show_rows(self, rows: Sequence[Row]) -> None:
        self.table.show_rows(rows)
        self.set_title(self._title, str(len(rows)) if rows else "")
