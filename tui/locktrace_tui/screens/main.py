"""The main screen: the banner, the locks, and what there is to say of them.

With room for it all parts are seen at once. Without, the locks stay and the other parts
share the place below, a tab each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Tabs

from locktrace.view import View
from locktrace.wording import lock_name
from locktrace_tui.rows import blocked, findings, stalls
from locktrace_tui.rows.banner import BannerText
from locktrace_tui.rows.cells import Row
from locktrace_tui.screens.finding import FindingScreen
from locktrace_tui.screens.stall import StallScreen
from locktrace_tui.widgets.banner import Banner
from locktrace_tui.widgets.list_pane import ListPane
from locktrace_tui.widgets.lock_pane import LockPane
from locktrace_tui.widgets.locks_pane import LocksPane
from locktrace_tui.widgets.lower_tabs import LowerTabs
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.table import Table

FULL_WIDTH, FULL_HEIGHT = 140, 36
"""The least window (cells) in which all parts are seen at once."""
LOWER_PANES = ("lock", "findings", "blocked", "stalls")


class MainScreen(Screen[None]):
    """Shows a view; which lock is chosen, the filter and the order are its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter"),
        Binding("s", "sort", "Sort"),
        Binding("i", "inner", "Inner locks"),
        Binding("u", "unused", "Unused", show=False),
        Binding("tab", "next_pane(1)", "Pane", key_display="tab"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False),
        Binding("p,space", "app.pause", "Pause", key_display="p"),
        Binding("escape", "clear_filter", "Clear the filter", show=False),
    ]

    class Mounted(Message):
        """All of the screen is there, and can be shown a view."""

    def __init__(self) -> None:
        super().__init__()
        self._view: View | None = None

    def compose(self) -> ComposeResult:
        yield Banner()
        with Container(id="body"):
            yield LocksPane()
            yield LowerTabs(LOWER_PANES)
            yield LockPane()
            yield ListPane(
                id="findings", title="Findings", columns=findings.COLUMNS, empty="no findings"
            )
            yield ListPane(
                id="blocked",
                title="Blocked handlers",
                columns=blocked.COLUMNS,
                empty="no labelled work is blocked",
            )
            yield ListPane(
                id="stalls", title="Stall snapshots", columns=stalls.COLUMNS, empty="none taken yet"
            )
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self._begin()

    def _begin(self) -> None:
        """Wait until each part, and what is inside it, is there: they mount on their own."""
        if not all(part.is_mounted for part in self.query("*")):
            self.set_timer(0.02, self._begin)
            return
        self.query_one(LocksPane).table.focus()
        self.post_message(self.Mounted())

    def show_banner(self, text: BannerText) -> None:
        self.query_one(Banner).show(text)

    def show(self, view: View) -> None:
        self._view = view
        self.query_one(LocksPane).show(view)
        found, taken = len(view.findings), len(view.stalls)
        self._list("findings", findings.finding_rows(view.findings, view.snapshot), found)
        waits = blocked.labelled_waits(view.snapshot)
        self._list("blocked", blocked.blocked_rows(waits, view.snapshot), len(waits))
        self._list("stalls", stalls.stall_rows(view.stalls), taken)
        self.query_one(LowerTabs).label(
            findings=f"Findings {found}", blocked=f"Blocked {len(waits)}", stalls=f"Stalls {taken}"
        )

    def _list(self, pane: str, rows: Sequence[Row], total: int) -> None:
        self.query_one(f"#{pane}", ListPane).show_rows(rows, total)

    @on(LocksPane.Chosen)
    def _show_chosen(self) -> None:
        if self._view is None:
            return
        chosen, snapshot = self.query_one(LocksPane).chosen, self._view.snapshot
        self.query_one(LockPane).show(chosen, snapshot)
        name = lock_name(snapshot, chosen.lock.id) if chosen else "Lock"
        self.query_one(LowerTabs).label(lock=name)

    def on_resize(self, event: events.Resize) -> None:
        full = event.size.width >= FULL_WIDTH and event.size.height >= FULL_HEIGHT
        self.set_class(full, "-full")
        self._arrange()

    def _arrange(self) -> None:
        for pane in LOWER_PANES:
            seen = self.has_class("-full") or pane == self.query_one(LowerTabs).chosen
            self.query_one(f"#{pane}", Pane).display = seen

    @on(Tabs.TabActivated)
    def _tab_chosen(self) -> None:
        self._arrange()

    def action_next_pane(self, step: int) -> None:
        tables = list(self.query(Table))
        now = tables.index(self.focused) if isinstance(self.focused, Table) else -step
        self._focus(tables[(now + step) % len(tables)])

    def _focus(self, table: Table) -> None:
        pane = next(node for node in table.ancestors if isinstance(node, Pane))
        if pane.id in LOWER_PANES:
            self.query_one(LowerTabs).choose(pane.id)
            self._arrange()
        # At once, unlike `Widget.focus`: the next key may be there already.
        self.set_focus(table)

    def action_filter(self) -> None:
        self.query_one(LocksPane).start_filter()

    def action_clear_filter(self) -> None:
        self.query_one(LocksPane).clear_filter()

    def action_sort(self) -> None:
        self.query_one(LocksPane).cycle_sort()

    def action_inner(self) -> None:
        self.query_one(LocksPane).toggle_inner()

    def action_unused(self) -> None:
        self.query_one(LocksPane).toggle_unused()

    @on(LocksPane.Opened)
    def _open_lock(self) -> None:
        self._focus(self.query_one("#holders", Table))

    @on(Table.Opened, "#findings-table")
    def _open_finding(self, event: Table.Opened) -> None:
        if self._view:
            finding = self._view.findings[event.table.cursor]
            self.app.push_screen(FindingScreen(finding, self._view.snapshot))

    @on(Table.Opened, "#stalls-table")
    def _open_stall(self, event: Table.Opened) -> None:
        if self._view:
            self.app.push_screen(StallScreen(self._view.stalls[-1 - event.table.cursor]))
