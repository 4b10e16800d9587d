"""The terminal UI: polls a feed in a thread and shows each view that comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.message import Message
from textual.notifications import SeverityLevel

from locktrace.errors import LocktraceError
from locktrace.view import Feed, View
from locktrace.wording import plain
from locktrace_tui.rows.banner import banner
from locktrace_tui.screens.help import HelpScreen
from locktrace_tui.screens.main import MainScreen

POLL = 0.5
"""Seconds that a poll may take; a person who quits waits no longer than that."""
REFRESH = 0.25
"""Seconds between two pictures at the least: more often no one can read."""


class ViewArrived(Message):
    """The feed gave a view."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view

    def can_replace(self, message: Message) -> bool:
        """Of several that wait, only the newest is shown."""
        return isinstance(message, ViewArrived)


class LocktraceApp(App[None]):
    """Shows what `feed` tells until the person quits. Who made the feed closes it."""

    TITLE = "locktrace"
    CSS_PATH = "locktrace.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "dump", "Dump"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, feed: Feed, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.shown: View | None = None
        """The view on the screen; older than the latest one while paused."""
        self._latest: View | None = None
        self._feed = feed
        self._clock = clock
        self._paused_at: float | None = None
        self._stopped = threading.Event()
        self._main = MainScreen()

    def get_default_screen(self) -> MainScreen:
        return self._main

    def on_main_screen_mounted(self) -> None:
        self.set_interval(1, self._show_banner)
        self._poll()

    def on_unmount(self) -> None:
        self._stopped.set()

    @work(thread=True)
    def _poll(self) -> None:
        while not self._stopped.is_set():
            began = self._clock()
            view = self._feed.poll(POLL)
            self.post_message(ViewArrived(view))
            if view.ended is not None:
                return
            self._stopped.wait(max(0.0, REFRESH - (self._clock() - began)))

    def on_view_arrived(self, message: ViewArrived) -> None:
        view = message.view
        if view.notice and (self._latest is None or view.notice != self._latest.notice):
            self._tell(view.notice, severity="warning")
        self._latest = view
        if self._paused_at is None:
            self._show(view)
        self._show_banner()

    def _show(self, view: View) -> None:
        self.shown = view
        with suppress(NoMatches):  # the screen is being taken down
            self._main.show(view)

    def _show_banner(self) -> None:
        if self.shown is None or self._latest is None:
            return
        paused = None if self._paused_at is None else self._clock() - self._paused_at
        with suppress(NoMatches):
            self._main.show_banner(banner(self.shown, paused, self._latest))

    def action_pause(self) -> None:
        """Hold the picture still, or let it go on with the latest view."""
        if self._latest is None:
            return
        if self._paused_at is None:
            self._paused_at = self._clock()
        else:
            self._paused_at = None
            self._show(self._latest)
        self._show_banner()

    @work(thread=True, exclusive=True, group="dump")
    def action_dump(self) -> None:
        """Save a snapshot; in a thread, because py-spy may take its time."""
        try:
            path = self._feed.dump()
        except LocktraceError as error:
            self._tell(str(error), title="No snapshot", severity="error")
        else:
            self._tell(str(path), title="Snapshot saved")

    def _tell(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information"
    ) -> None:
        """A notification of literal text, free of what could move the terminal's cursor."""
        self.notify(plain(message), title=title, severity=severity, markup=False)

    def action_help_quit(self) -> None:
        """Ctrl-C with no text selected: quits at once, as in `top`, where Textual names its key."""
        self.exit()

    def action_help(self) -> None:
        self.push_screen(HelpScreen())
