"""The list of stall snapshots."""

from __future__ import annotations

import time
from collections.abc import Iterable

from locktrace.model import StallSnapshot
from locktrace.wording import count
from locktrace_tui.rows.cells import Cell, Column, Row, Tone

COLUMNS = (
    Column("time", "taken", least=8, most=8),
    Column("finding", "stall snapshot", least=24),
    Column("threads", "threads", least=7, most=7, right=True, drop=2),
    Column("stacks", "stacks", least=6, most=8, drop=1),
)


def stall_rows(stalls: Iterable[StallSnapshot]) -> tuple[Row, ...]:
    """A row for each stall snapshot, the newest first."""
    return tuple(
        Row(
            stall.id,
            (
                Cell(time_of_day(stall.snapshot.taken_at)),
                Cell(stall.findings[0].message if stall.findings else stall.id),
                Cell(str(len(stall.threads))),
                Cell(stall.stacks_from, Tone.MUTED),
            ),
        )
        for stall in reversed(tuple(stalls))
    )


def stall_title(stall: StallSnapshot) -> tuple[Cell, ...]:
    """When it was taken, of what, and where the stacks come from, as parts of one line."""
    return (
        Cell(f"taken {time_of_day(stall.snapshot.taken_at)}", Tone.STRONG),
        Cell(f"pid {stall.snapshot.process.pid}"),
        Cell(f"{count(len(stall.threads), 'thread')}, stacks from {stall.stacks_from}"),
        Cell(stall.id, Tone.MUTED),
    )


def time_of_day(seconds: float) -> str:
    """Wall time in the reader's zone, ``03:12:07``."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))
