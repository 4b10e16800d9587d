"""One stall snapshot: the findings, and each thread's stack with the lock lines marked."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from locktrace.model import StallSnapshot
from locktrace_tui.rows.stacks import COLUMNS, stack_rows
from locktrace_tui.rows.stalls import stall_title
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.sheet import Sheet
from locktrace_tui.widgets.tones import content


class StallScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back")]

    def __init__(self, stall: StallSnapshot) -> None:
        super().__init__()
        self._stall = stall

    def compose(self) -> ComposeResult:
        with Pane(id="stall", title="Stall snapshot"):
            yield Static(content(stall_title(self._stall)), classes="facts")
            yield Sheet(COLUMNS)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Sheet).show_rows(stack_rows(self._stall))
