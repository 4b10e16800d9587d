"""The locks table: which locks, in which order, with which cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from locktrace.family.apart import member_of
from locktrace.model import SIGNAL_KINDS, Hold, Severity, Snapshot, Wait
from locktrace.view import Member
from locktrace.wording import age, lock_name
from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.index import LockFacts
from locktrace_tui.rows.limits import MOST_ROWS
from locktrace_tui.rows.signs import NOTHING, state, times

MANY_UNUSED = 100
"""From this many on, locks that were never used are left out until asked for."""
LASTING = 1.0
"""Seconds from which a wait or a hold lifts its lock in the worst-first order.

Shorter ones come and go with each look, and the rows would dance.
"""

COLUMNS = (
    Column("state", "state", least=11, most=12, sortable=True),
    Column("name", "lock", least=12, middle=True, sortable=True),
    Column("kind", "kind", least=6, most=18, sortable=True),
    Column("held", "held", least=6, most=12, sortable=True),
    Column("waiting", "waits", least=6, most=6, right=True, sortable=True),
    Column("rate", "acq/s", least=6, most=7, right=True, drop=2, sortable=True),
    Column("contended", "cont %", least=6, most=6, right=True, drop=1, sortable=True),
    Column("oldest", "oldest", least=7, most=11, right=True, sortable=True),
)
PID = Column("pid", "pid", least=5, most=11, right=True, sortable=True)
NOT_SHARED: Mapping[int, Sequence[int]] = {}
FAMILY_COLUMNS = (COLUMNS[0], PID, *COLUMNS[1:])
"""With the process, where there is more than one."""
SORTS = ("state", "waiting", "oldest", "held", "contended", "rate", "name", "kind")
"""The columns in the order in which the sort key goes through them."""


@dataclass(frozen=True, slots=True)
class Lens:
    """How a person looks at the locks: what is shown, in which order."""

    text: str = ""
    sort: str = SORTS[0]
    backwards: bool = False
    inner: bool = False
    unused: bool = False


@dataclass(frozen=True, slots=True)
class LockList:
    """The rows (``key`` is the lock's id) and, in words, what is not among them."""

    rows: tuple[Row, ...]
    caption: str
    columns: tuple[Column, ...] = COLUMNS


def lock_list(
    facts: Mapping[int, LockFacts],
    snapshot: Snapshot,
    lens: Lens,
    members: Sequence[Member] = (),
    shared: Mapping[int, Sequence[int]] = NOT_SHARED,
) -> LockList:
    """The locks as seen through `lens`, inner locks below their compound primitive; with their
    processes if `members` are more than one, `shared` as in a view."""
    chosen = [f for f in _outermost(facts) if _matches(f, facts, snapshot, lens.text)]
    unused = [f for f in chosen if not f.used and not f.findings]
    hidden = 0
    if len(unused) > MANY_UNUSED and not lens.unused and not lens.text:
        chosen = [f for f in chosen if f.used or f.findings]
        hidden = len(unused)
    chosen.sort(key=lambda f: _sort_key(f, snapshot, lens.sort), reverse=lens.backwards)
    rows = tuple(islice(_rows(chosen, facts, snapshot, lens), MOST_ROWS))
    caption = _caption(len(facts), len(chosen), hidden, lens)
    if len(members) < 2:
        return LockList(rows, caption)
    pids = {member.number: _pid(member) for member in members}
    told = tuple(_told_apart(row, pids, shared) for row in rows)
    return LockList(told, caption, FAMILY_COLUMNS)


def _pid(member: Member) -> Cell:
    if member.ended:
        return Cell(f"■ {member.process.pid}", Tone.MUTED)
    return Cell(str(member.process.pid))


def _told_apart(row: Row, pids: Mapping[int, Cell], shared: Mapping[int, Sequence[int]]) -> Row:
    """`row` with the process; of a lock that several share, the first and how many more."""
    assert isinstance(row.key, int)
    first, *others = row.cells
    numbers = [n for n in shared.get(row.key, (member_of(row.key),)) if n in pids]
    pid = pids[numbers[0]] if numbers else Cell(NOTHING, Tone.MUTED)
    if len(numbers) > 1:
        pid = Cell(f"{pid.text} +{len(numbers) - 1}", pid.tone)
    return replace(row, cells=(first, pid, *others))


def _outermost(facts: Mapping[int, LockFacts]) -> Iterable[LockFacts]:
    return (f for f in facts.values() if f.lock.parent is None or f.lock.parent not in facts)


def _inner(f: LockFacts, facts: Mapping[int, LockFacts]) -> Iterable[LockFacts]:
    return (facts[id_] for id_ in f.inner if id_ in facts)


def _matches(f: LockFacts, facts: Mapping[int, LockFacts], snapshot: Snapshot, text: str) -> bool:
    return (
        not text
        or _says(f, snapshot, text)
        or any(_says(inner, snapshot, text) for inner in _inner(f, facts))
    )


def _says(f: LockFacts, snapshot: Snapshot, text: str) -> bool:
    """Whether name, kind or a label at the lock has `text` in it, whatever the case."""
    wanted = text.casefold()
    if wanted in f.lock.name.casefold() or wanted in f.lock.kind.casefold():
        return True
    entries: tuple[Hold | Wait, ...] = (*f.holds, *f.waits)
    labels = {entry.label for entry in entries}
    actors = {entry.actor for entry in entries}
    labels.update(actor.label for id_ in actors if (actor := snapshot.actors.get(id_)))
    return any(wanted in label.casefold() for label in labels)


def _urgency(f: LockFacts, snapshot: Snapshot) -> tuple[int, int]:
    """Worst first: findings by severity, lasting waits, lasting holds, used ones, the rest."""
    if f.worst:
        return (f.worst.severity.rank, -len(f.waits))
    rank = len(Severity)
    waited = snapshot.age(f.waits[0].since_ns) if f.waits else 0
    if f.lock.kind not in SIGNAL_KINDS and waited >= LASTING:
        return (rank, 0)
    if f.holds and snapshot.age(f.holds[0].since_ns) >= LASTING:
        return (rank + 1, 0)
    return (rank + 2, 0) if f.used else (rank + 3, 0)


_KEYS: Mapping[str, Callable[[LockFacts, Snapshot], tuple[float | str, ...]]] = {
    "state": _urgency,
    "pid": lambda f, _: (member_of(f.lock.id),),
    "name": lambda _f, _: (),
    "kind": lambda f, _: (f.lock.kind,),
    "held": lambda f, _: (-f.held,),
    "waiting": lambda f, _: (-len(f.waits),),
    "rate": lambda f, _: (-f.lock.rate,),
    "contended": lambda f, _: (-f.lock.contended_share,),
    "oldest": lambda f, snapshot: (-_oldest(f, snapshot),),
}


def _sort_key(
    f: LockFacts, snapshot: Snapshot, sort: str
) -> tuple[tuple[float | str, ...], str, int]:
    return (_KEYS[sort](f, snapshot), f.lock.name.casefold(), f.lock.id)


def _oldest(f: LockFacts, snapshot: Snapshot) -> float:
    return snapshot.age(f.holds[0].since_ns) if f.holds else 0.0


def _rows(
    chosen: Iterable[LockFacts],
    facts: Mapping[int, LockFacts],
    snapshot: Snapshot,
    lens: Lens,
) -> Iterable[Row]:
    for f in chosen:
        yield _row(f, snapshot, ("▾ " if lens.inner else "▸ ") if f.inner else "")
        for inner in _inner(f, facts):
            if lens.inner or (lens.text and _says(inner, snapshot, lens.text)):
                yield _row(inner, snapshot, "└ ")


def _row(f: LockFacts, snapshot: Snapshot, mark: str) -> Row:
    lock = f.lock
    signal = lock.kind in SIGNAL_KINDS
    waiting_tone = Tone.STRONG if not signal else Tone.MUTED
    return Row(
        lock.id,
        (
            state(f),
            Cell(mark + lock_name(snapshot, lock.id), Tone.PLAIN if f.used else Tone.MUTED),
            Cell(lock.kind, Tone.MUTED),
            _held(f),
            _figure(str(len(f.waits)), bool(f.waits), waiting_tone),
            _figure(_rate(lock.rate), lock.rate > 0),
            _figure(f"{lock.contended_share * 100:.1f}", lock.contended_share > 0),
            _figure(age(snapshot, f.holds[:1], more=">") if f.holds else "", bool(f.holds)),
        ),
    )


def _held(f: LockFacts) -> Cell:
    """The holds in each mode, or a dot."""
    parts = [times(mode, count) for mode, count in f.held_by_mode.items() if count]
    return Cell(" ".join(parts)) if parts else Cell(NOTHING, Tone.MUTED)


def _figure(text: str, there: bool, tone: Tone = Tone.PLAIN) -> Cell:
    return Cell(text, tone) if there else Cell(NOTHING, Tone.MUTED)


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"


def _caption(total: int, chosen: int, hidden: int, lens: Lens) -> str:
    parts = [f"{total:,}"]
    if lens.text:
        parts.append(f"{chosen:,} with “{lens.text}”")
    if chosen > MOST_ROWS:
        parts.append(f"first {MOST_ROWS} shown, / finds the others")
    if hidden:
        parts.append(f"{hidden:,} never used, u shows them")
    return " · ".join(parts)
