"""One stall snapshot: its findings, then each thread's stack with the lock lines marked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from locktrace.model import Hold, Mode, Site, Snapshot, StallSnapshot, ThreadStack, Wait
from locktrace.wording import duration, listing, lock_name, short_path
from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.signs import SYMBOLS, TONES, mode_letter, times
from locktrace_tui.rows.source import source_line

COLUMNS = (
    Column("mark", "", least=8, most=8),
    Column("function", "", least=16, most=40),
    Column("place", "", least=14, most=30, middle=True),
    Column("source", "", least=12),
)


@dataclass(slots=True)
class _Part:
    """What one OS thread, with all tasks that run in it, has to do with locks."""

    holds: list[Hold] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def stack_rows(stall: StallSnapshot) -> tuple[Row, ...]:
    """Findings and, where py-spy could not be had, why; then the threads, those at a lock first."""
    parts = _parts(stall.snapshot)
    threads = sorted(stall.threads, key=lambda thread: _rank(parts.get(thread.native_id)))
    told = [*_findings(stall)]
    for thread in threads:
        told.append([Cell("")])
        told += _thread(thread, parts.get(thread.native_id) or _Part(), stall.snapshot)
    return tuple(
        Row(place, tuple(cells), spans=len(cells) == 1) for place, cells in enumerate(told)
    )


def _parts(snapshot: Snapshot) -> Mapping[int | None, _Part]:
    """By OS thread id, on which the stacks are joined with the ledger."""
    native = {id_: actor.native_id for id_, actor in snapshot.actors.items() if not actor.ended}
    parts: defaultdict[int | None, _Part] = defaultdict(_Part)
    for hold in snapshot.holds:
        parts[native.get(hold.actor)].holds.append(hold)
    for wait in snapshot.waits:
        parts[native.get(wait.actor)].waits.append(wait)
    for id_, actor in snapshot.actors.items():
        if actor.label and id_ in native:
            parts[native[id_]].labels.append(actor.label)
    parts.pop(None, None)
    return parts


def _rank(part: _Part | None) -> int:
    if part is None:
        return 3
    return 0 if part.waits else 1 if part.holds else 2


def _findings(stall: StallSnapshot) -> Iterator[list[Cell]]:
    for finding in stall.findings:
        sentence = f"{SYMBOLS[finding.severity]} {finding.severity}: {finding.message}"
        yield [Cell(sentence, TONES[finding.severity])]
    if not stall.findings:
        yield [Cell("No findings at that moment.", Tone.MUTED)]
    if stall.stacks_note:
        yield [Cell(f"▲ {stall.stacks_note}", Tone.WARNING)]


def _thread(thread: ThreadStack, part: _Part, snapshot: Snapshot) -> Iterator[list[Cell]]:
    yield [Cell(_heading(thread, part, snapshot), Tone.STRONG)]
    for sentence in _business(part, snapshot):
        yield [Cell(f"  {sentence}", Tone.WARNING)]
    marks = _marks(part)
    for frame in thread.frames:
        yield _frame(frame, marks.get((frame.file, frame.line), ""))
    if not thread.frames:
        yield [Cell("  no Python frames", Tone.MUTED)]


def _heading(thread: ThreadStack, part: _Part, snapshot: Snapshot) -> str:
    native = f"OS thread {thread.native_id}" if thread.native_id is not None else ""
    words = [thread.name, native, listing(part.labels), "has the GIL" if thread.owns_gil else ""]
    return " · ".join(word for word in words if word)


def _business(part: _Part, snapshot: Snapshot) -> Iterator[str]:
    for wait in part.waits:
        name, age = lock_name(snapshot, wait.lock), duration(snapshot.age(wait.since_ns))
        yield f"waits for {name} ({mode_letter(wait.mode)}) since {age}"
    for (lock, mode), number in Counter((hold.lock, hold.mode) for hold in part.holds).items():
        oldest = min(h.since_ns for h in part.holds if (h.lock, h.mode) == (lock, mode))
        age = duration(snapshot.age(oldest))
        yield f"holds {lock_name(snapshot, lock)} ({times(mode, number)}), the oldest for {age}"


def _marks(part: _Part) -> Mapping[tuple[str, int], str]:
    """The lines at which the thread took or asks for a lock, with the word for it."""
    held = {(h.site.file, h.site.line): "→ holds" for h in part.holds if h.site}
    return held | {(w.site.file, w.site.line): "→ waits" for w in part.waits if w.site}


def _frame(frame: Site, mark: str) -> list[Cell]:
    tone = Tone.ACCENT if mark else Tone.PLAIN
    return [
        Cell(mark, Tone.ACCENT),
        Cell(frame.function, tone),
        Cell(f"{short_path(frame.file)}:{frame.line}", Tone.MUTED),
        Cell(source_line(frame), tone if mark else Tone.MUTED),
    ]
