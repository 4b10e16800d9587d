"""The chosen lock: its holders by site and its waiters in order."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from locktrace.model import Snapshot
from locktrace.wording import lock_name
from locktrace_tui.rows import details, kernel
from locktrace_tui.rows.index import LockFacts
from locktrace_tui.widgets.pane import Pane
from locktrace_tui.widgets.table import Table
from locktrace_tui.widgets.tones import content


class LockPane(Pane):
    def __init__(self) -> None:
        super().__init__(id="lock", title="Lock")

    def compose(self) -> ComposeResult:
        yield Static(classes="facts")
        yield Table(details.HOLDER_COLUMNS, empty="nobody holds it", id="holders")
        yield Table(details.WAITER_COLUMNS, empty="nobody waits for it", id="waiters")

    def show(self, facts: LockFacts | None, snapshot: Snapshot) -> None:
        """Without a lock to show, the pane is empty."""
        holders = details.holder_rows(facts, snapshot) if facts else ()
        waiters = details.waiter_rows(facts, snapshot) if facts else ()
        self.set_title(lock_name(snapshot, facts.lock.id) if facts else "Lock")
        lines = [details.origin_and_totals(facts.lock)] if facts else []
        if facts and (seen := kernel.seen_by_the_kernel(facts.lock.id, snapshot)):
            lines.append(seen)
        self.query_one(Static).update(Content("\n").join(map(content, lines)))
        listed = self.query_one("#waiters", Table)
        listed.set_columns(details.waiter_columns(snapshot))
        listed.show_rows(waiters)
        table = self.query_one("#holders", Table)
        table.show_rows(holders)
        # Not `height: auto`: Textual may keep the height of rows that were there before.
        table.styles.height = 1 + max(1, len(holders))
