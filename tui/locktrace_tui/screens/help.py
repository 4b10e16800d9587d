"""The help, over whatever is on the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from locktrace_tui.rows.help import COLUMNS, help_rows
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.sheet import Sheet


class HelpScreen(ModalScreen[None]):
    """Keys and signs; any of the keys that brought it up or Escape takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,ctrl+c,enter", "dismiss", "Close"),
    ]

    def compose(self) -> ComposeResult:
        with Pane(id="help", title="Help", remark="Esc closes"):
            yield Sheet(COLUMNS)

    def on_mount(self) -> None:
        self.query_one(Sheet).show_rows(help_rows())
