"""`stall`: a lock waited for longer than it should be, with nothing more exact to say of it."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.holders import Holders, holders_of, lockout_hint, waits_to_be_told
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites, wish_of
from locktrace.kernel_view import FutexKind, is_own
from locktrace.model import Certainty, Finding, Gap, Lock, Severity, Wait
from locktrace.snapshots import kinds
from locktrace.wording import age, listing, lock_name, waiters, where, who

KIND = "stall"
MOST_PLACES = 4  # that may have taken the lock


def detect(case: Case) -> Iterator[Finding]:
    """Locks whose longest wait has lasted `stall_after`, unless a deadlock or a pending
    writer explains it already, or a ring has closed that is about to be told as a deadlock.

    `evidence` is that longest wait: if another has taken its place, the queue moves.
    """
    explained = case.explained | case.in_rings
    for lock in case.ledger.waits:
        if lock in explained or not _may_be_a_lock(case, lock):
            continue
        waits = case.ledger.contention(lock)
        if not waits or case.age(waits[0].since_ns) < case.thresholds.stall_after:
            continue
        if not _is_idle(case, lock, waits):
            yield _finding(case, lock, waits)


def _may_be_a_lock(case: Case, lock: int) -> bool:
    """Of a futex that only the kernel knows nothing but a look by py-spy tells that."""
    return not is_own(lock) or case.ledger.lock(lock).kind == FutexKind.LOCK


def _is_idle(case: Case, lock: int, waits: tuple[Wait, ...]) -> bool:
    """Whether the waiters may as well be waiting to be given work.

    So it is where the lock serves as a signal: a semaphore which others release, and a
    handed-over lock which nobody holds but those who wait for it. Of a semaphore they may hold
    permits from earlier rounds, but none that a function still at work has to give back.
    """
    ledger = case.ledger
    if kinds.is_answer(ledger.lock(lock)):  # others may work on it for as long as it takes
        return not ledger.is_promise(lock)
    semaphore, handed_over = ledger.is_semaphore(lock), ledger.is_handed_over(lock)
    if semaphore and handed_over:
        return True
    waiting = {wait.actor for wait in waits}
    holds = ledger.holds.get(lock, ())
    if any(hold.actor not in waiting for hold in holds):
        return False
    return handed_over or (semaphore and not any(map(ledger.is_answered_for, holds)))


def _finding(case: Case, lock: int, waits: tuple[Wait, ...]) -> Finding:
    ledger = case.ledger
    holders = holders_of(case, lock)
    return Finding(
        kind=KIND,
        severity=_severity(case, waits, holders),
        certainty=holders.certainty,
        message=_message(case, waits, holders),
        locks=(lock,),
        sites=role_sites([*holders.sites, *wait_sites(ledger, waits), *creators(ledger, [lock])]),
        actors=named([*holders.actors[:5], *(wait.actor for wait in waits)]),
        since_ns=waits[0].since_ns,
        evidence=frozenset({waits[0].id}),
        count=len(waits),
    )


def _severity(case: Case, waits: tuple[Wait, ...], holders: Holders) -> Severity:
    """An error only where a known holder keeps somebody who will not give up by himself."""
    lock = waits[0].lock
    if case.ledger.is_handed_over(lock) or case.ledger.is_promise(lock):
        return Severity.INFO
    doubtful = holders.certainty is Certainty.UNKNOWN or case.ledger.is_semaphore(lock)
    return Severity.WARNING if doubtful or all(w.timed for w in waits) else Severity.ERROR


def _message(case: Case, waits: tuple[Wait, ...], holders: Holders) -> str:
    ledger, first = case.ledger, waits[0]
    snapshot = ledger.snapshot
    longest = age(snapshot, waits)
    name = who(snapshot, first.actor, first.label)
    if len(waits) == 1:
        start = f"{name} has waited {longest} {wish_of(ledger, first)} in {where(first.site)}"
    else:
        start = (
            f"{waiters(snapshot, waits, 'waits', 'wait')} for {lock_name(snapshot, first.lock)}; "
            f"the longest is {name}, for {longest} in {where(first.site)}"
        )
    doubt, hint = "", ""
    if any(waits_to_be_told(ledger, hold) for group in holders.groups for hold in group.holds):
        hint = lockout_hint(ledger, first.lock)
    if ledger.is_handed_over(first.lock):
        doubt = " (threads hand this lock over to each other, so that may be as it should)"
    elif ledger.is_promise(first.lock):
        doubt = " (nobody is known to work on it, but whoever has it may resolve it)"
    elif holders.certainty is Certainty.UNKNOWN:
        kernel = Gap.HOLDERS in snapshot.gaps
        before = "it may have been taken before tracing began"
        doubt = f" ({'the kernel knows no holders' if kernel else before})"
        doubt += _takers(ledger.lock(first.lock))
    return f"{start}; {holders.phrase}{doubt}.{hint}"


def _takers(lock: Lock) -> str:
    """Where the code takes it: one of these places has it, as it seems."""
    places = [where(site) for site in lock.acquire_sites[:MOST_PLACES]]
    if len(lock.acquire_sites) > MOST_PLACES:
        places.append("elsewhere")
    return f"; the code takes it in {listing(places, MOST_PLACES)}" if places else ""
