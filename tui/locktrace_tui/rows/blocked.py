"""The blocked handlers: what people wait for an answer to, not which thread it is."""

from __future__ import annotations

from collections import defaultdict

from locktrace.model import Mode, Snapshot, Wait
from locktrace.wording import duration, lock_name
from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.signs import times

COLUMNS = (
    Column("label", "working on", least=20),
    Column("lock", "waits for", least=12, most=40, middle=True),
    Column("mode", "as", least=4, most=8),
    Column("age", "blocked", least=8, most=11, right=True),
)


def blocked_rows(snapshot: Snapshot) -> tuple[Row, ...]:
    """The waits of labelled actors, those of the same work on the same lock together, oldest first."""
    groups: defaultdict[tuple[str, int, Mode], list[Wait]] = defaultdict(list)
    for wait in sorted(snapshot.waits, key=lambda wait: wait.since_ns):
        actor = snapshot.actors.get(wait.actor)
        label = wait.label or (actor.label if actor else "")
        if label:
            groups[label, wait.lock, wait.mode].append(wait)
    return tuple(_row(key, group, snapshot) for key, group in groups.items())


def _row(key: tuple[str, int, Mode], group: list[Wait], snapshot: Snapshot) -> Row:
    label, lock_id, mode = key
    return Row(
        key,
        (
            Cell(label),
            Cell(lock_name(snapshot, lock_id), Tone.MUTED),
            Cell(times(mode, len(group))),
            Cell(duration(snapshot.age(group[0].since_ns)), Tone.STRONG),
        ),
    )
