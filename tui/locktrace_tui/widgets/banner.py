"""The banner: the state in one sentence, the process, and whether the picture is live."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from locktrace_tui.rows.banner import CONNECTING, BannerText
from locktrace_tui.rows.cells import Tone
from locktrace_tui.rows.fit import wrap
from locktrace_tui.widgets.tones import content

MOST_LINES = 3
"""Lines of the sentence; findings can be long, and the locks want to be seen too."""


class Banner(Vertical):
    """Shows a :class:`BannerText`; its colour follows the text's tone."""

    _text = CONNECTING

    def compose(self) -> ComposeResult:
        yield Static(id="state")
        with Horizontal():
            yield Static(id="process")
            yield Static(id="mode")
        yield Static(id="kernel")

    def on_resize(self) -> None:
        self.show(self._text)

    def show(self, text: BannerText) -> None:
        self._text = text
        state = Content("  ").join([content([text.badge]), content(text.state, " ")])
        self.query_one("#state", Static).update(self._cut(state))
        self.query_one("#process", Static).update(content(text.process))
        self.query_one("#mode", Static).update(content([text.mode]))
        kernel = self.query_one("#kernel", Static)
        kernel.update(content(text.kernel))
        kernel.display = bool(text.kernel)
        for tone in Tone:
            self.set_class(tone is text.tone, f"-{tone}")

    def _cut(self, state: Content) -> Content:
        """What goes into the lines there are; the last blanks make room for the ellipsis."""
        lines = wrap(state.plain, self.content_size.width)
        if len(lines) <= MOST_LINES:
            return state
        end = sum(len(line) + 1 for line in lines[:MOST_LINES]) - 2
        return state[:end].rstrip() + "…"
