"""A session as lines: for pipes, CI and logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from locktrace.errors import TargetLostError
from locktrace.model import Gap
from locktrace.wording import count, listing

if TYPE_CHECKING:
    from locktrace.model import Finding, StallSnapshot
    from locktrace.view import Feed, View

POLL_S = 0.25
STATUS_S = 5.0


class Lines:
    """Prints what changed between views: findings, stall snapshots, a status line at times."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()
        self._stalls = 0
        self._notice = ""
        self._status_at = 0.0

    def show(self, view: View) -> None:
        for finding in view.findings:
            if finding.key not in self._told:
                self._told.add(finding.key)
                self._line(view, _headline(finding))
        for stall in view.stalls[self._stalls :]:
            self._show_stall(view, stall)
        self._stalls = len(view.stalls)
        if view.notice and view.notice != self._notice:
            self._line(view, view.notice)
        self._notice = view.notice
        if view.snapshot.taken_ns / 1e9 - self._status_at >= STATUS_S:
            self._status_at = view.snapshot.taken_ns / 1e9
            self._line(view, _status(view))

    def _show_stall(self, view: View, stall: StallSnapshot) -> None:
        if stall.saved:
            self._line(view, f"stall snapshot {stall.id} taken (locktrace stalls show {stall.id})")
            return
        from locktrace.snapshots.report import render

        self._line(view, "stall snapshot taken, and shown here as it is not saved:")
        typer.echo(render(stall), nl=False)

    def _line(self, view: View, text: str) -> None:
        clock = time.strftime("%H:%M:%S", time.localtime(view.snapshot.taken_at))
        typer.echo(f"{clock}  {text}")


def follow(feed: Feed) -> None:
    """Print lines until the target ends; TargetLostError says how it did."""
    lines = Lines()
    while True:
        view = feed.poll(POLL_S)
        lines.show(view)
        if view.ended is not None:
            error = TargetLostError(view.ended)
            error.exit_code = view.exit_code
            raise error


def _headline(finding: Finding) -> str:
    return f"{finding.severity.upper()}  {finding.kind}: {finding.message}"


def _status(view: View) -> str:
    snapshot = view.snapshot
    processes = f"{len(view.members)} processes, " if len(view.members) > 1 else ""
    locks, waits = count(len(snapshot.locks), "lock"), count(len(snapshot.waits), "wait")
    if snapshot.gaps:  # no agent: a number of none would say more than is known
        unknown = listing([gap.value for gap in Gap if gap in snapshot.gaps], most=9)
        return f"{processes}{locks}, {waits}; the kernel cannot know {unknown}"
    acquires = sum(lock.rate for lock in snapshot.locks.values())
    suppressed = f", {count(len(view.suppressed), 'finding')} suppressed" if view.suppressed else ""
    dropped = f", {snapshot.dropped} events dropped" if snapshot.dropped else ""
    holds = count(len(snapshot.holds), "hold")
    return f"{processes}{locks}, {holds}, {waits}, {acquires:.0f} acquires/s{suppressed}{dropped}"
