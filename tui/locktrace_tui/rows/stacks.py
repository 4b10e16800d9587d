"""One stall snapshot: its findings, then each thread's stack with the lock lines marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from locktrace.model import (
    SIGNAL_KINDS,
    Hold,
    Mode,
    Severity,
    Site,
    Snapshot,
    Stack,
    StallSnapshot,
    ThreadStack,
    Wait,
)
from locktrace.snapshots.joined import Joined
from locktrace.snapshots.source import Source
from locktrace.snapshots.stack_text import lock_frames
from locktrace.wording import age, count, listing, lock_name, place, who
from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.limits import MOST_ROWS
from locktrace_tui.rows.signs import SYMBOLS, times

COLUMNS = (
    Column("mark", "", least=7, most=7),
    Column("function", "", least=16, most=40),
    Column("place", "", least=14, most=30, middle=True),
    Column("source", "", least=12),
)
MOST_NAMES = 12

Line = tuple[Cell, ...]
"""One cell is a line of its own; four are a frame."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Threads with the same stack, with what all of them hold and wait for."""

    threads: Sequence[ThreadStack]
    holds: list[Hold]
    waits: list[Wait]

    @property
    def frames(self) -> Stack:
        return self.threads[0].frames

    def rank(self, joined: Joined) -> int:
        """Who lets nobody else run comes first, then who waits for a lock, then who holds one; a
        signal is no lock."""
        if joined.keep_all_others(self.threads):
            return -1
        snapshot = joined.snapshot
        kinds = (lock.kind for wait in self.waits if (lock := snapshot.locks.get(wait.lock)))
        if any(kind not in SIGNAL_KINDS for kind in kinds):
            return 0
        return 1 if self.holds else 2 if self.waits else 3


def stack_rows(stall: StallSnapshot) -> tuple[Row, ...]:
    """Findings and, where py-spy could not be had, why; then the threads, those at a lock first."""
    joined, source = Joined(stall), Source(stall.snapshot.process)
    lines = [*_findings(stall)]
    for group in sorted(_groups(joined), key=lambda group: group.rank(joined)):
        lines += [(Cell(""),), *_group(group, joined, source)]
    lines += _without_stack(joined)
    return tuple(Row(number, line, spans=len(line) == 1) for number, line in enumerate(lines))


def _findings(stall: StallSnapshot) -> Iterator[Line]:
    for finding in stall.findings:
        yield (Cell(f"{SYMBOLS[finding.severity]} {finding.severity}: {finding.message}"),)
    if not stall.findings:
        yield (Cell("No findings at that moment.", Tone.MUTED),)
    if stall.stacks_note:
        yield (Cell(f"{SYMBOLS[Severity.WARNING]} {stall.stacks_note}", Tone.WARNING),)


def _groups(joined: Joined) -> Iterator[_Group]:
    by_stack: defaultdict[Stack, list[ThreadStack]] = defaultdict(list)
    for thread in joined.stall.threads:
        by_stack[thread.frames].append(thread)
    for threads in by_stack.values():
        actors = [joined.actor_of.get(thread.native_id) for thread in threads]
        parts = [joined.business[actor] for actor in actors if actor is not None]
        yield _Group(
            threads,
            [hold for part in parts for hold in part.holds],
            [wait for part in parts for wait in part.waits],
        )


def _group(group: _Group, joined: Joined, source: Source) -> Iterator[Line]:
    names = [_name(thread, joined) for thread in group.threads]
    many = f"{count(len(names), 'thread')} alike: " if len(names) > 1 else ""
    yield (Cell(many + listing(names, MOST_NAMES), Tone.STRONG),)
    for sentence in _sentences(group.holds, group.waits, joined.snapshot):
        yield (Cell(sentence, Tone.WARNING),)
    marks = _marks(group)
    for position, frame in enumerate(group.frames):
        yield _frame(frame, marks.get(position, ""), source)
    if not group.frames:
        yield (Cell("no Python frames", Tone.MUTED),)


def _name(thread: ThreadStack, joined: Joined) -> str:
    actor = joined.actor_of.get(thread.native_id)
    name = thread.name if actor is None else who(joined.snapshot, actor)
    gil = ", has the GIL" if thread.owns_gil else ""
    return f"{name or 'unnamed'} [{thread.native_id}{gil}]"


def _sentences(holds: Iterable[Hold], waits: Iterable[Wait], snapshot: Snapshot) -> Iterator[str]:
    waited: defaultdict[tuple[int, Mode], list[Wait]] = defaultdict(list)
    held: defaultdict[tuple[int, Mode, bool], list[Hold]] = defaultdict(list)
    for wait in waits:
        waited[wait.lock, wait.mode].append(wait)
    for hold in holds:
        held[hold.lock, hold.mode, hold.returned].append(hold)
    for (lock, mode), alike in waited.items():
        yield _sentence("waiting for", lock, mode, alike, snapshot)
    for (lock, mode, returned), taken in held.items():
        does = "never released" if returned else "holding"
        yield _sentence(does, lock, mode, taken, snapshot)


def _sentence(
    does: str, lock: int, mode: Mode, alike: Sequence[Hold] | Sequence[Wait], snapshot: Snapshot
) -> str:
    longest = age(snapshot, alike)
    most = "up to " if len(alike) > 1 else ""
    known = snapshot.locks.get(lock)
    signal = known is not None and known.kind in SIGNAL_KINDS  # has no readers and writers
    how = "" if signal else f" ({times(mode, len(alike))})"
    return f"{does} {lock_name(snapshot, lock)}{how}, for {most}{longest}"


def _marks(group: _Group) -> Mapping[int, str]:
    """The frames that have to do with locks, with the word for it; a wait is the nearer news."""
    held = lock_frames(group.frames, group.holds, [])
    waiting = lock_frames(group.frames, [], group.waits)
    return dict.fromkeys(held, "→ holds") | dict.fromkeys(waiting, "→ waits")


def _frame(frame: Site, mark: str, source: Source) -> Line:
    tone = Tone.ACCENT if mark else Tone.PLAIN
    return (
        Cell(mark, Tone.ACCENT),
        Cell(frame.function, tone),
        Cell(place(frame), Tone.MUTED),
        Cell(source.line(frame), tone if mark else Tone.MUTED),
    )


def _without_stack(joined: Joined) -> Iterator[Line]:
    """Actors that hold or wait and have no thread of their own: tasks, and threads that ended."""
    others = [actor for actor in joined.business if actor not in joined.stack_of]
    if others:
        yield (Cell(""),)
        yield (Cell("Without a present stack", Tone.STRONG),)
    for actor in others[:MOST_ROWS]:
        business = joined.business[actor]
        for sentence in _sentences(business.holds, business.waits, joined.snapshot):
            yield (Cell(f"{who(joined.snapshot, actor)}: {sentence}"),)
    if len(others) > MOST_ROWS:
        yield (Cell(f"and {count(len(others) - MOST_ROWS, 'actor')} more", Tone.MUTED),)
