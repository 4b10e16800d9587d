"""`blocked-by-pending-writer`: readers wait behind a writer, who waits for readers to finish."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.holders import Holders, holders_of
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites
from locktrace.model import Finding, Mode, Severity, Wait
from locktrace.wording import age, count, lock_name, where, who

KIND = "blocked-by-pending-writer"


def detect(case: Case) -> Iterator[Finding]:
    """Locks held by readers only, whose first waiting writer has waited
    `Thresholds.pending_writer_after`, with readers queued after it.

    A reader that waits while only readers hold the lock can be waiting for nothing else.
    `evidence` is the writer's wait: readers come and go, but while this one wait lasts
    nobody gets past it.
    """
    for lock in case.ledger.waits:
        writer = case.ledger.pending_writer(lock)
        if writer is None or case.age(writer.since_ns) < case.thresholds.pending_writer_after:
            continue
        behind = [w for w in case.ledger.contention(lock) if case.ledger.is_behind(w, writer)]
        readers = [w for w in behind if w.mode is Mode.SHARED and not _reads_already(case, w)]
        if readers:
            writers = sum(wait.mode is Mode.EXCLUSIVE for wait in behind)
            yield _finding(case, writer, readers, writers)


def _reads_already(case: Case, wait: Wait) -> bool:
    """A recursive read: the writer waits for that reader too, which is a deadlock."""
    own = case.ledger.holds_by_owner.get((wait.lock, wait.actor), ())
    return any(case.ledger.is_answered_for(hold) for hold in own)


def _finding(case: Case, writer: Wait, readers: list[Wait], other_writers: int) -> Finding:
    ledger, lock = case.ledger, writer.lock
    holders = holders_of(case, lock)
    waits = wait_sites(ledger, [writer, *readers])
    # A leak is where the repair goes, so it comes first; otherwise the writer is the news.
    sites = [*holders.sites, *waits] if holders.leaked else [*waits[:1], *holders.sites, *waits[1:]]
    return Finding(
        kind=KIND,
        severity=_severity(case, writer, holders),
        certainty=holders.certainty,
        message=_message(case, writer, readers, other_writers, holders),
        locks=(lock,),
        sites=role_sites([*sites, *creators(ledger, [lock])]),
        actors=named([writer.actor, *(w.actor for w in readers[:4]), *holders.actors]),
        since_ns=writer.since_ns,
        evidence=frozenset({writer.id}),
        count=len(readers),
    )


def _severity(case: Case, writer: Wait, holders: Holders) -> Severity:
    """An error if it will not pass by itself, or has lasted; a writer that gives up frees them."""
    if writer.timed:
        return Severity.WARNING
    stalled = case.age(writer.since_ns) >= case.thresholds.stall_after
    return Severity.ERROR if holders.leaked or stalled else Severity.WARNING


def _message(
    case: Case, writer: Wait, readers: list[Wait], other_writers: int, holders: Holders
) -> str:
    snapshot = case.ledger.snapshot
    lock = lock_name(snapshot, writer.lock)
    blocked = [count(len(readers), "reader")]
    if other_writers:
        blocked.append(count(other_writers, "more writer"))
    verb = "is" if len(readers) + other_writers == 1 else "are"
    return (
        f"{lock}: {' and '.join(blocked)} {verb} blocked behind the writer "
        f"{who(snapshot, writer.actor, writer.label)}, who has waited "
        f"{age(snapshot, [writer])} in {where(writer.site)}; the lock is "
        f"{holders.phrase}{_prospect(writer, holders)}."
    )


def _prospect(writer: Wait, holders: Holders) -> str:
    if writer.timed:
        return "; the writer will give up by itself"
    if holders.leaked:
        return "; the writer cannot go on until those are released"
    return ""
