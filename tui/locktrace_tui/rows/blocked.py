"""The blocked handlers: which work waits, not which thread it is."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice

from locktrace.model import Mode, Snapshot, Wait
from locktrace.wording import age, count, lock_name
from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.limits import MOST_ROWS, rest
from locktrace_tui.rows.signs import times

COLUMNS = (
    Column("label", "working on", least=20),
    Column("lock", "waits for", least=12, most=40, middle=True),
    Column("mode", "as", least=4, most=8),
    Column("age", "blocked", least=7, most=11, right=True),
)


def labelled_waits(snapshot: Snapshot) -> list[tuple[str, Wait]]:
    """Waits with the label of what their actor works on, oldest first; those without left out.

    A wait inside a compound primitive that the same actor waits for is told by that one.
    """
    waited_for = {(wait.actor, wait.lock) for wait in snapshot.waits}
    pairs = []
    for wait in sorted(snapshot.waits, key=lambda wait: wait.since_ns):
        lock, actor = snapshot.locks.get(wait.lock), snapshot.actors.get(wait.actor)
        if lock is not None and (wait.actor, lock.parent) in waited_for:
            continue
        if label := wait.label or (actor.label if actor else ""):
            pairs.append((label, wait))
    return pairs


def blocked_rows(waits: list[tuple[str, Wait]], snapshot: Snapshot) -> tuple[Row, ...]:
    """A row for the waits of the same work on the same lock, the longest blocked first."""
    groups: defaultdict[tuple[str, int, Mode], list[Wait]] = defaultdict(list)
    for label, wait in waits:
        groups[label, wait.lock, wait.mode].append(wait)
    rows = [_row(key, group, snapshot) for key, group in islice(groups.items(), MOST_ROWS)]
    if more := len(groups) - len(rows):
        rows.append(rest(f"and {count(more, 'row')} more"))
    return tuple(rows)


def _row(key: tuple[str, int, Mode], group: list[Wait], snapshot: Snapshot) -> Row:
    label, lock, mode = key
    return Row(
        key,
        (
            Cell(label),
            Cell(lock_name(snapshot, lock), Tone.MUTED),
            Cell(times(mode, len(group))),
            Cell(age(snapshot, group[:1], more=">"), Tone.STRONG),
        ),
    )
