"""The locks table with its filter and its order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from locktrace.view import View
from locktrace_tui.rows.index import LockFacts, facts_by_lock
from locktrace_tui.rows.locks import COLUMNS, SORTS, Lens, lock_list
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.table import Table


class LocksPane(Pane):
    """Shows the locks of a view through a :class:`Lens` that its methods change."""

    class Chosen(Message):
        """Another lock is under the cursor, or the same one with new facts."""

    class Opened(Message):
        """The person wants to see more of the chosen lock."""

    def __init__(self) -> None:
        super().__init__(id="locks", title="Locks")
        self._lens = Lens()
        self._view: View | None = None
        self._facts: Mapping[int, LockFacts] = {}

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS, empty="no locks", keeps_cursor=True, id="lock-table")
        with Horizontal(id="filter-line"):
            yield Label("/ ")
            yield Input(placeholder="name, kind or label", compact=True)

    def on_mount(self) -> None:
        self._show_filter(False)

    @property
    def table(self) -> Table:
        return self.query_one("#lock-table", Table)

    @property
    def _filter(self) -> Input:
        return self.query_one(Input)

    @property
    def chosen(self) -> LockFacts | None:
        """The facts of the lock under the cursor."""
        key = self.table.cursor_key
        return self._facts.get(key) if isinstance(key, int) else None

    def show(self, view: View) -> None:
        self._view = view
        self._facts = facts_by_lock(view)
        self._show_rows()

    def _look_through(self, lens: Lens) -> None:
        self._lens = lens
        self._show_rows()

    def _show_rows(self) -> None:
        if self._view is None:
            return
        listed = lock_list(
            self._facts, self._view.snapshot, self._lens, self._view.members, self._view.shared
        )
        self.table.set_columns(listed.columns)
        self.table.show_rows(listed.rows, sort=(self._lens.sort, self._lens.backwards))
        self.set_title("Locks", listed.caption)
        self.post_message(self.Chosen())

    def cycle_sort(self) -> None:
        following = SORTS[(SORTS.index(self._lens.sort) + 1) % len(SORTS)]
        self._look_through(replace(self._lens, sort=following, backwards=False))

    def toggle_inner(self) -> None:
        self._look_through(replace(self._lens, inner=not self._lens.inner))

    def toggle_unused(self) -> None:
        self._look_through(replace(self._lens, unused=not self._lens.unused))

    def start_filter(self) -> None:
        self._show_filter(True)
        self.screen.set_focus(self._filter)

    def clear_filter(self) -> None:
        self._filter.value = ""
        self._end_filter()

    def _end_filter(self) -> None:
        self._show_filter(False)
        self.screen.set_focus(self.table)

    def _show_filter(self, shown: bool) -> None:
        self.query_one("#filter-line").display = shown

    @on(Input.Changed)
    def _filter_changed(self, event: Input.Changed) -> None:
        self._look_through(replace(self._lens, text=event.value.strip()))

    @on(Input.Submitted)
    def _filter_submitted(self) -> None:
        self._end_filter()

    @on(Table.HeaderClicked)
    def _sort_by(self, event: Table.HeaderClicked) -> None:
        same = event.column == self._lens.sort
        self._look_through(
            replace(self._lens, sort=event.column, backwards=same and not self._lens.backwards)
        )

    @on(Table.Moved)
    def _moved(self) -> None:
        self.post_message(self.Chosen())

    @on(Table.Opened)
    def _opened(self) -> None:
        self.post_message(self.Opened())
