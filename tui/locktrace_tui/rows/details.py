"""The chosen lock: what it is, who holds it, grouped by site, and who waits, in order."""

from __future__ import annotations

from locktrace.durations import Durations
from locktrace.kernel_view import is_own
from locktrace.model import Certainty, Gap, Lock, Snapshot, Wait
from locktrace.snapshots.groups import HoldGroup, group_holds
from locktrace.wording import age, count, duration, fine_duration, place, where, who
from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.index import LockFacts
from locktrace_tui.rows.kernel import whereabouts
from locktrace_tui.rows.limits import MOST_ROWS, rest
from locktrace_tui.rows.signs import mode_letter, times

HOLDER_COLUMNS = (
    Column("held", "holders", least=7, most=10),
    Column("oldest", "oldest", least=7, most=11, right=True),
    Column("site", "taken in", least=20, middle=True),
    Column("function", "function", least=12, most=13),
    Column("label", "working on", least=16, most=32, drop=1),
)
WAITER_COLUMNS = (
    Column("order", "#", least=2, most=4, right=True),
    Column("mode", "as", least=2, most=2),
    Column("actor", "waiters", least=8, most=26),
    Column("label", "working on", least=16, most=32),
    Column("site", "in", least=16, middle=True, drop=1),
    Column("age", "waited", least=7, most=11, right=True),
)
KERNEL_COLUMN = Column("kernel", "kernel", least=20, most=22, drop=2)


def _spread(lasted: Durations) -> str:
    """Median, 99th percentile and longest."""
    spread = (lasted.percentile(0.50), lasted.percentile(0.99), lasted.longest_ns)
    half, most, longest = (fine_duration(ns / 1e9) for ns in spread)
    return f"p50 {half} p99 {most} max {longest}"


def origin_and_totals(lock: Lock) -> tuple[Cell, ...]:
    """What is known of the lock itself, as parts of one line."""
    parts = [Cell(lock.kind)]
    if lock.created_at:
        parts.append(Cell(f"created at {place(lock.created_at)}", Tone.MUTED))
    if not is_own(lock.id):
        parts.append(Cell(count(lock.acquisitions, "acquire"), Tone.MUTED))
    if lock.contended:
        waited = duration(lock.wait_ns / 1e9)
        parts.append(Cell(f"{lock.contended_share:.1%} contended, {waited} waited", Tone.MUTED))
    for verb, lasted in (("held", lock.hold_times), ("waited", lock.wait_times)):
        if lasted.longest_ns:
            parts.append(Cell(f"{verb} {_spread(lasted)}", Tone.MUTED))
    if lock.foreign_releases:
        parts.append(Cell(f"{lock.foreign_releases} released by another actor", Tone.MUTED))
    return tuple(parts)


def holder_rows(facts: LockFacts, snapshot: Snapshot) -> tuple[Row, ...]:
    """A row for each site, leaked holds first; those the target no longer lists at the end."""
    rows = [_holder_row(group, snapshot) for group in group_holds(snapshot, facts.holds)]
    if facts.lock.unlisted_holds:
        rows.append(rest(f"and {count(facts.lock.unlisted_holds, 'hold')} not listed any more"))
    if Gap.HOLDERS in snapshot.gaps:
        rows.append(rest("who holds it is not known to the kernel"))
    return tuple(rows)


def _holder_row(group: HoldGroup, snapshot: Snapshot) -> Row:
    oldest = group.holds[0]
    if oldest.returned:
        function = Cell("has returned", Tone.WARNING)
    elif group.leaked:
        function = Cell("actor ended", Tone.WARNING)
    else:
        function = Cell("still running", Tone.MUTED)
    held = times(group.mode, len(group.holds))
    doubt = "?" if oldest.certainty is Certainty.LIKELY else ""
    return Row(
        (group.site, group.leaked),
        (
            Cell(held + doubt, Tone.STRONG),
            Cell(age(snapshot, group.holds, more=">")),
            Cell(where(group.site)),
            function,
            Cell(oldest.label or who(snapshot, oldest.actor)),
        ),
    )


def waiter_columns(snapshot: Snapshot) -> tuple[Column, ...]:
    """One more at the end where the kernel was asked."""
    return WAITER_COLUMNS if snapshot.kernel is None else (*WAITER_COLUMNS, KERNEL_COLUMN)


def waiter_rows(facts: LockFacts, snapshot: Snapshot) -> tuple[Row, ...]:
    """A row for each wait, in the order of the queue."""
    rows = [
        _waiter_row(order, wait, snapshot)
        for order, wait in enumerate(facts.waits[:MOST_ROWS], start=1)
    ]
    if more := len(facts.waits) - len(rows):
        rows.append(rest(f"and {count(more, 'waiter')} more"))
    return tuple(rows)


def _waiter_row(order: int, wait: Wait, snapshot: Snapshot) -> Row:
    actor = snapshot.actors.get(wait.actor)
    timed = ", timed" if wait.timed else ""
    return Row(
        wait.id,
        (
            Cell(str(order), Tone.MUTED),
            Cell(mode_letter(wait.mode), Tone.STRONG),
            Cell(who(snapshot, wait.actor, label="")),
            Cell(wait.label or (actor.label if actor else "")),
            Cell(where(wait.site) + timed, Tone.MUTED),
            Cell(age(snapshot, [wait], more=">")),
            *([Cell(whereabouts(wait, snapshot), Tone.MUTED)] if snapshot.kernel else []),
        ),
    )
