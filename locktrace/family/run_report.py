"""What a run has shown, of all its processes: as text for the terminal, as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from locktrace.family.diagnosis import RINGS
from locktrace.family.household import Household
from locktrace.family.record import Record
from locktrace.model import Finding, Process, Snapshot, StallSnapshot
from locktrace.snapshots import kinds
from locktrace.snapshots.contention import most_contended
from locktrace.snapshots.document import Document, to_document
from locktrace.snapshots.history_text import gaps_in
from locktrace.snapshots.layout import clip, wrap
from locktrace.snapshots.report import WIDTH, render_contention, render_findings
from locktrace.wording import count, duration, listing, lock_name, plain

MOST_COMMAND = 60  # cells of a command line that tell which process it is

MOST_UNUSED = 10  # suppressions that nothing needed, each in a line

MUCH_CONTENTION_S = 1.0  # of waiting, of all threads together: less is nobody's trouble


Told = set[tuple[object, ...]]
"""Findings, by process and severity, that a report of a stall has told in full."""


def told_by(stall: StallSnapshot) -> Told:
    """What need not be told again."""
    pid = 0 if stall.snapshot.others else stall.snapshot.process.pid
    return {(pid, finding.severity, finding.key) for finding in stall.findings}


def render(household: Household, contention: bool = False, told: Told | None = None) -> str:
    """The findings by process, and what could not be known; each sentence marked as ours.

    What is `told` is only named. With `contention` each process's most contended locks too;
    else where there is much of it a sentence says so.
    """
    records = household.records
    between = household.between
    again = [*_again(records, told or set()), *_again_between(between, told or set())]
    lines = [*_told_above(again), *_remarks(household), *_history_remarks(records)]
    lines += _core_remarks(records)
    lines += _suppressions(household)
    if not contention:
        lines += _contention_remarks(records)
    if not records:
        lines.insert(0, "no word came from an agent in the program; nothing was traced")
        return _marked(lines)
    alone = len(records) == 1 and not household.left_out
    sections = _between(between, told or set())
    sections += "".join(_section(record, alone, told or set()) for record in records)
    if contention:
        sections += _contention(records, alone)
    clean = [r for r in records if not r.findings and r.process.pid not in household.involved]
    if clean or household.left_out:
        lines.insert(0, _clean(clean, household.left_out, alone))
    return sections + _marked(lines)


def document(household: Household) -> Document | None:
    """The program's document with those of its descendants in `children`; None without any."""
    records = household.records
    if not records:
        return None
    first, *others = [to_document(record.report()) for record in records]
    return {
        **first,
        "children": others,
        "family": to_document(household.between) if household.between is not None else None,
        "children_left_out": household.left_out,
        "unused_suppressions": household.unused_suppressions(),
        "untraced": [{"pid": one.pid, "reason": one.reason} for one in household.untraced],
    }


def name(process: Process) -> str:
    """``process 4242 (python worker.py)``."""
    command = clip(plain(" ".join(process.command)), MOST_COMMAND)
    return f"process {process.pid} ({command})" if command else f"process {process.pid}"


def _section(record: Record, alone: bool, told: Told) -> str:
    fresh = tuple(f for f in record.findings if not _is_told(record, f, told))
    if not fresh:
        return ""
    findings = render_findings(replace(record.report(), findings=fresh, suppressed=0))
    if alone:
        return findings
    return f"{_title(record.process)}\n\n{findings}\n"


def _title(process: Process) -> str:
    title = name(process)
    return f"{title[:1].upper()}{title[1:]}"


def _is_told(record: Record, finding: Finding, told: Told) -> bool:
    return (record.process.pid, finding.severity, finding.key) in told


def _between(between: StallSnapshot | None, told: Told) -> str:
    """What several processes have had a part in."""
    if between is None:
        return ""
    fresh = tuple(f for f in between.findings if (0, f.severity, f.key) not in told)
    if not fresh:
        return ""
    return f"Between processes\n\n{render_findings(replace(between, findings=fresh))}\n"


def _again(records: Sequence[Record], told: Told) -> list[str]:
    """What was told when it was seen, in a few words each."""
    return [
        _in_words(record.snapshot, finding)
        for record in records
        for finding in record.findings
        if _is_told(record, finding, told)
    ]


def _again_between(between: StallSnapshot | None, told: Told) -> list[str]:
    return [
        _in_words(between.snapshot, finding)
        for finding in (between.findings if between is not None else ())
        if between is not None and (0, finding.severity, finding.key) in told
    ]


def _in_words(snapshot: Snapshot, finding: Finding) -> str:
    locks = finding.locks if finding.kind in RINGS else finding.locks[:1]
    real = [lock for lock in locks if not _is_answer(snapshot, lock)] or locks[:1]
    names = [lock_name(snapshot, lock) for lock in real]
    return f"{finding.kind} of {listing(names)}" if names else finding.kind


def _is_answer(snapshot: Snapshot, lock: int) -> bool:
    known = snapshot.locks.get(lock)
    return known is not None and kinds.is_answer(known)


def _told_above(again: Sequence[str]) -> Iterator[str]:
    if again:
        yield f"{count(len(again), 'finding')}, told above: {listing(again, most=6)}"


def _suppressions(household: Household) -> Iterator[str]:
    if household.suppressed:
        yield f"{count(household.suppressed, 'finding')} suppressed"
    unused = household.unused_suppressions()
    yield from unused[:MOST_UNUSED]
    if len(unused) > MOST_UNUSED:
        yield f"{count(len(unused) - MOST_UNUSED, 'more suppression')} that suppress nothing"


def _contention(records: Sequence[Record], alone: bool) -> str:
    sections = ((record, render_contention(record.report())) for record in records)
    told = [
        text if alone else f"{_title(record.process)}\n\n{text}"
        for record, text in sections
        if text
    ]
    return "".join(told) or _marked(["no lock was contended"])


def _contention_remarks(records: Sequence[Record]) -> Iterator[str]:
    waits = [
        (each.lock.wait_ns / 1e9, lock_name(record.snapshot, each.lock.id))
        for record in records
        for each in most_contended(record.snapshot)
    ]
    seconds = sum(waited for waited, _ in waits)
    if seconds >= MUCH_CONTENTION_S:
        longest, lock = max(waits)
        yield (
            f"threads waited {duration(seconds)} for locks, {duration(longest)} of that for "
            f"{lock} (run with --contention to see where)"
        )


def _history_remarks(records: Sequence[Record]) -> Iterator[str]:
    pids: dict[str, list[str]] = {}
    for record in records:
        for gap in gaps_in(record.snapshot.history):
            pids.setdefault(gap, []).append(str(record.process.pid))
    for gap, those in pids.items():
        yield gap if len(records) == 1 else f"process {listing(those, most=6)}: {gap}"


def _core_remarks(records: Sequence[Record]) -> Iterator[str]:
    pids: dict[str, list[str]] = {}
    for record in records:
        if record.process.core_note:
            pids.setdefault(record.process.core_note, []).append(str(record.process.pid))
    for note, those in pids.items():
        who = "" if len(records) == 1 else f"process {listing(those, most=6)}: "
        yield (
            f"{who}traced by the Python core, which sees fewer locks and costs more, as the one in "
            f"C cannot serve: {plain(note)}"
        )


def _clean(records: Sequence[Record], left_out: int, alone: bool) -> str:
    locks = sum(len(record.snapshot.locks) for record in records)
    if alone:
        return f"no findings in {count(locks, 'lock')}"
    processes = count(len(records) + left_out, "process", "processes")
    named = f" ({listing([str(record.process.pid) for record in records], most=6)})"
    return f"no findings in {processes}{named if records else ''} with {count(locks, 'lock')}"


def _remarks(household: Household) -> Iterator[str]:
    first, others = household.first, [r for r in household.records if r is not household.first]
    if first is not None and not first.view.finished and not household.was_ended:
        yield "the program ended abruptly; its last moments are not known"
    running = [str(record.process.pid) for record in others if not record.ended]
    if running:
        yield f"still running, and told as they are now: process {listing(running, most=6)}"
    abrupt = [str(r.process.pid) for r in others if r.ended and not r.view.finished]
    if abrupt and not household.was_ended:
        yield (
            "ended by os._exit or a signal, so their last moments are not known: process "
            f"{listing(abrupt, most=6)}"
        )
    reasons: dict[str, list[str]] = {}
    for one in household.untraced:
        reasons.setdefault(one.reason, []).append(str(one.pid))
    for reason, pids in reasons.items():
        yield f"not traced: process {listing(pids, most=6)}: {plain(reason)}"


def _marked(sentences: Sequence[str]) -> str:
    lines: list[str] = []
    for sentence in sentences:
        lines += wrap(f"locktrace: {sentence}", WIDTH, "  ", first="")
    return "".join(f"{line}\n" for line in lines)
