"""`long-hold`: a lock held for very long, by somebody who still answers for it."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.holders import certainty_of
from locktrace.diagnose.roles import creators, named, role_sites
from locktrace.model import Finding, Mode, Severity
from locktrace.snapshots import kinds
from locktrace.snapshots.groups import HoldGroup, group_holds
from locktrace.wording import age, count, lock_name, where, who

KIND = "long-hold"


def detect(case: Case) -> Iterator[Finding]:
    """Holds older than `long_hold_after` that are not leaked, grouped by lock and site.

    Not on locks that are explained already, not semaphores (a permit may be kept for life),
    not inner locks, and not locks that are handed over. `evidence` is the oldest hold.
    """
    ledger = case.ledger
    for lock, holds in ledger.holds.items():
        if lock in case.explained or ledger.is_inner(lock):
            continue
        if ledger.is_handed_over(lock) or not kinds.is_ordered(ledger.lock(lock)):
            continue
        old = [
            hold
            for hold in holds
            if not ledger.is_leaked(hold)
            and case.age(hold.since_ns) >= case.thresholds.long_hold_after
        ]
        for group in group_holds(ledger.snapshot, old):
            yield _finding(case, group)


def _finding(case: Case, group: HoldGroup) -> Finding:
    ledger, hold = case.ledger, group.holds[0]
    waits = ledger.contention(group.lock)
    return Finding(
        kind=KIND,
        # A worker may hold a lock for its whole life by design: only a waiter makes it a worry.
        severity=Severity.WARNING if waits else Severity.INFO,
        certainty=certainty_of(ledger, group.lock, group.holds),
        message=_message(case, group, len(waits)),
        locks=(group.lock,),
        sites=role_sites([(group.site, "holder"), *creators(ledger, [group.lock])]),
        actors=named(group.actors),
        since_ns=hold.since_ns,
        evidence=frozenset({hold.id}),
        count=len(group.holds),
    )


def _message(case: Case, group: HoldGroup, waiting: int) -> str:
    snapshot, hold = case.ledger.snapshot, group.holds[0]
    lock = lock_name(snapshot, group.lock)
    ago = age(snapshot, [hold])
    name = who(snapshot, hold.actor, hold.label)
    if group.mode is Mode.SHARED and len(group.holds) > 1:
        readers = f"{len(group.holds)} readers from {where(group.site)}"
        held = f"{readers} hold it, the oldest, {name}, for {ago}"
    else:
        held = f"{name} has held it for {ago}, taken in {where(group.site)}"
    wait = count(waiting, "thread waits", "threads wait") if waiting else "nobody waits"
    return f"{lock}: {held}; {wait} for it."
