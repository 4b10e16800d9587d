"""One finding with all that it names."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from locktrace.model import Finding, Snapshot
from locktrace_tui.rows.findings import DETAIL_COLUMNS, detail_rows
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.sheet import Sheet


class FindingScreen(Screen[None]):
    """Shows the finding as it was when it was opened."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back")]

    def __init__(self, finding: Finding, snapshot: Snapshot) -> None:
        super().__init__()
        self._finding = finding
        self._snapshot = snapshot

    def compose(self) -> ComposeResult:
        with Pane(id="finding", title="Finding"):
            yield Sheet(DETAIL_COLUMNS)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Sheet).show_rows(detail_rows(self._finding, self._snapshot))
