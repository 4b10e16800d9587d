"""The tabs by which the lower panes share one place in a small window."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Tab, Tabs

from locktrace_tui.rows.cells import Cell
from locktrace_tui.rows.fit import cut

WIDEST = 28
"""Cells for the longest label, so that four of them go into 80."""


class LowerTabs(Tabs, can_focus=False):
    """A tab for each pane; its id is the pane's with ``tab-`` before it.

    For the mouse only: the Tab key goes through the panes and takes the tabs along.
    """

    def __init__(self, pane_ids: tuple[str, ...]) -> None:
        super().__init__(*(Tab(pane, id=f"tab-{pane}") for pane in pane_ids), id="tabs")

    @property
    def chosen(self) -> str:
        """The id of the chosen pane."""
        return self.active.removeprefix("tab-")

    def choose(self, pane: str) -> None:
        self.active = f"tab-{pane}"

    def label(self, **labels: str) -> None:
        """Set labels by pane id; they may hold names from the target, so they are literal."""
        for pane, label in labels.items():
            text = cut(Cell(label).text, WIDEST, middle=True)
            tab = self.query_one(f"#tab-{pane}", Tab)
            if tab.label_text != text:
                tab.label = Content(text)
