"""The locks of a snapshot as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from locktrace.model import Certainty, Hold, Lock, Mode, Snapshot, StallSnapshot, Wait
from locktrace.snapshots.groups import by_lock, is_leaked
from locktrace.snapshots.layout import cells, clip, table, wrap
from locktrace.wording import age, count, lock_name, place, plain, where

MOST_LOCKS = 50
TIMES = "\N{MULTIPLICATION SIGN}"
_HEADS = (
    "lock",
    "held",
    "leaked",
    "waiting",
    "held for",
    "waited",
    "kind",
    "acquired",
    "contended",
    "made at",
)
_NUMBERS = frozenset({1, 2, 3, 4, 5, 7, 8})
_LEAST_NAME = 24
_MOST_CELL = 24
_GAP = 2


def lock_lines(stall: StallSnapshot, width: int) -> Iterator[str]:
    """Locks that are held or waited for, those of findings first; the idle ones are counted."""
    snapshot = stall.snapshot
    holds, waits = by_lock(snapshot.holds), by_lock(snapshot.waits)
    found = {lock for finding in stall.findings for lock in finding.locks}
    busy = [lock for lock in snapshot.locks.values() if lock.id in holds or lock.id in waits]
    busy.sort(key=lambda lock: (lock.id not in found, -len(waits.get(lock.id, ())), lock.id))
    shown = _inner_below(busy)[:MOST_LOCKS]
    if shown:
        rows = [_row(snapshot, k, holds.get(k.id, ()), waits.get(k.id, ())) for k in shown]
        yield from _fitted([_HEADS, *rows], width)
    for lock in shown:
        if lock.acquire_sites and lock.id in waits and lock.id not in holds:
            yield from _without_holder(snapshot, lock, width)
    more = len(busy) - len(shown)
    idle = len(snapshot.locks) - len(busy)
    if more:
        yield f"… and {count(more, 'more lock')} held or waited for"
    if idle or not shown:
        yield f"{count(idle, 'lock is', 'locks are')} neither held nor waited for"


def _without_holder(snapshot: Snapshot, lock: Lock, width: int) -> Iterator[str]:
    places = ", ".join(where(site) for site in lock.acquire_sites)
    text = f"{lock_name(snapshot, lock.id)}: {Certainty.UNKNOWN}; taken in {places}"
    yield from wrap(text, width, indent="  ", first="")


def _inner_below(locks: Sequence[Lock]) -> list[Lock]:
    """`locks` with each inner lock right below its compound, where that is among them."""
    shown = {lock.id for lock in locks}
    inner: dict[int | None, list[Lock]] = {}
    for lock in locks:
        inner.setdefault(lock.parent if lock.parent in shown else None, []).append(lock)
    ordered = []
    todo = inner.get(None, [])[::-1]
    while todo:
        lock = todo.pop()
        ordered.append(lock)
        todo += inner.get(lock.id, [])[::-1]
    return ordered


def held_as(holds: Sequence[Hold]) -> str:
    """``W`` for one exclusive hold, else ``R`` or ``W`` times their number; nothing when free."""
    letters = Counter("R" if hold.mode is Mode.SHARED else "W" for hold in holds)
    return " ".join(
        letter if (letter, number) == ("W", 1) else f"{letter}{TIMES}{number}"
        for letter, number in sorted(letters.items())
    )


def _row(
    snapshot: Snapshot, lock: Lock, holds: Sequence[Hold], waits: Sequence[Wait]
) -> tuple[str, ...]:
    leaked = sum(is_leaked(snapshot, hold) for hold in holds)
    return (
        f"{'  ' if lock.parent in snapshot.locks else ''}{lock_name(snapshot, lock.id)}",
        held_as(holds) + ("+" if lock.unlisted_holds else ""),
        str(leaked or ""),
        str(len(waits) or ""),
        _oldest(snapshot, holds),
        _oldest(snapshot, waits),
        plain(lock.kind),
        str(lock.acquisitions),
        f"{lock.contended_share:.1%}",
        place(lock.created_at) if lock.created_at else "",
    )


def _fitted(rows: list[tuple[str, ...]], width: int) -> Iterator[str]:
    """The table with as many of its columns, from the left, as leave the names some room."""
    widths = [min(_MOST_CELL, max(map(cells, column))) for column in zip(*rows, strict=True)]
    used = 0
    columns = 1
    while columns < len(widths) and used + _GAP + widths[columns] <= width - _LEAST_NAME:
        used += _GAP + widths[columns]
        columns += 1
    kept = [row[:columns] for row in rows]
    for line in table(kept, [width - used, *widths[1:columns]], _NUMBERS):
        yield clip(line, width)


def _oldest(snapshot: Snapshot, records: Sequence[Hold] | Sequence[Wait]) -> str:
    if not records:
        return ""
    return age(snapshot, records)
