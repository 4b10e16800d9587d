"""The findings list, and one finding with all it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from locktrace.model import Finding, Snapshot
from locktrace.snapshots.source import Source
from locktrace.wording import actor_name, duration, lock_name, who
from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.signs import severity

COLUMNS = (
    Column("severity", "", least=9, most=9),
    Column("message", "finding", least=48, wraps=True),
    Column("kind", "kind", least=12, most=26, drop=2),
    Column("since", "since", least=7, most=11, right=True, drop=1),
)
DETAIL_COLUMNS = (
    Column("role", "", least=10, most=14),
    Column("text", "", least=20, wraps=True),
)


def finding_rows(findings: Iterable[Finding], snapshot: Snapshot) -> tuple[Row, ...]:
    """A row for each finding, in the order given, worst first."""
    seen: Counter[object] = Counter()
    rows = []
    for finding in findings:
        cells = (
            severity(finding),
            Cell(finding.message),
            Cell(finding.kind, Tone.MUTED),
            Cell(_since(finding, snapshot), Tone.MUTED),
        )
        rows.append(Row((finding.key, seen[finding.key]), cells))
        seen[finding.key] += 1
    return tuple(rows)


def _since(finding: Finding, snapshot: Snapshot) -> str:
    return duration(snapshot.age(finding.since_ns)) if finding.since_ns else ""


def detail_rows(finding: Finding, snapshot: Snapshot) -> tuple[Row, ...]:
    """The sentence, how sure it is, and the locks, actors and sites with their source lines."""
    source = Source(snapshot.process)
    told = [
        (severity(finding), Cell(finding.message, Tone.STRONG)),
        (_head("kind"), Cell(finding.kind)),
        (_head("certainty"), Cell(str(finding.certainty))),
    ]
    if finding.since_ns:
        told.append((_head("since"), Cell(f"{_since(finding, snapshot)} ago")))
    told += [(_head("lock"), Cell(_lock(id_, snapshot))) for id_ in finding.locks]
    told += [(_head("actor"), Cell(_actor(id_, snapshot))) for id_ in finding.actors]
    for role_site in finding.sites:
        told.append((_head(role_site.role), Cell(str(role_site.site))))
        if line := source.line(role_site.site):
            told.append((Cell(""), Cell(f"→ {line}", Tone.ACCENT)))
    return tuple(Row(place, cells) for place, cells in enumerate(told))


def _head(word: str) -> Cell:
    return Cell(word, Tone.MUTED)


def _lock(id_: int, snapshot: Snapshot) -> str:
    lock = snapshot.locks.get(id_)
    return f"{lock_name(snapshot, id_)} ({lock.kind if lock else 'no longer there'})"


def _actor(id_: int, snapshot: Snapshot) -> str:
    actor = snapshot.actors.get(id_)
    ended = actor is not None and actor.ended and actor_name(actor) == actor.name
    return who(snapshot, id_) + (", ended" if ended else "")
