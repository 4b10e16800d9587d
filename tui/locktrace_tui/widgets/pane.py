"""A titled part of the screen."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content

from locktrace_tui.rows.cells import Cell


class Pane(Vertical):
    """The title says what is in it, the remark beside it how much of it there is."""

    def __init__(self, *, id: str, title: str, remark: str = "") -> None:
        super().__init__(id=id)
        self.set_title(title, remark)

    def set_title(self, title: str, remark: str = "") -> None:
        """Both are literal text: names come from the target."""
        parts = [Content.styled(Cell(title).text, "bold")]
        if remark:
            parts.append(Content.styled(Cell(remark).text, "not bold $foreground-muted"))
        self.border_title = Content("  ").join(parts)
