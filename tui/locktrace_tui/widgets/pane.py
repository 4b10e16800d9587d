"""A titled part of the screen with one table or more in it."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from locktrace_tui.rows.cells import Cell


class Pane(Vertical):
    """In a narrow window the lower panes share one place, and ``tab`` is the word on this one's tab."""

    def __init__(self, *children: Widget, title: str, tab: str, id: str) -> None:  # noqa: A002
        super().__init__(*children, id=id)
        self.tab = tab
        self.set_title(title)

    def set_title(self, title: str, remark: str = "") -> None:
        """The title is from the target at times, so it is literal text."""
        parts = [Content.styled(Cell(title).text, "bold")]
        if remark:
            parts.append(Content.styled(Cell(remark).text, "not bold $foreground-muted"))
        self.border_title = Content("  ").join(parts)
