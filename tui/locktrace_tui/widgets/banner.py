"""The banner: the state in one sentence, the process, and whether the picture is live."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from locktrace_tui.rows.banner import CONNECTING, BannerText
from locktrace_tui.rows.cells import Tone
from locktrace_tui.widgets.tones import content


class Banner(Vertical):
    """Shows a :class:`BannerText`; its colour follows the text's tone."""

    def compose(self) -> ComposeResult:
        yield Static(id="state")
        with Horizontal():
            yield Static(id="process")
            yield Static(id="mode")

    def on_mount(self) -> None:
        self.show(CONNECTING)

    def show(self, text: BannerText) -> None:
        state = Content("  ").join([content([text.badge]), content(text.state, " ")])
        self.query_one("#state", Static).update(state)
        self.query_one("#process", Static).update(content(text.process))
        self.query_one("#mode", Static).update(content([text.mode]))
        for tone in Tone:
            self.set_class(tone is text.tone, f"-{tone}")
