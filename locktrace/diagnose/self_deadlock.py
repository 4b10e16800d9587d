"""`self-deadlock`: an actor that waits for a lock which it holds itself."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.event_loop_blocked import is_in_loop
from locktrace.diagnose.interruption import interruption_of
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import creators, named, role_of, role_sites, wish_of
from locktrace.model import Certainty, Finding, Hold, Mode, Severity, Site, Wait
from locktrace.wording import age, count, where, who

KIND = "self-deadlock"


def detect(case: Case) -> Iterator[Finding]:
    """Untimed waits for a lock that the waiter's own hold excludes: taken twice, a read
    turned into a write, or a write into a read. One finding for each lock and site of hold.

    Some programs take a plain lock twice on purpose, for another thread to release as a
    signal. So the wait must have lasted `stall_after`, locks that were ever handed over
    are left out, and so are semaphores, Conditions and Events, which are made for it. Nobody waits
    so in an event loop: there it is told after `deadlock_after`.
    """
    limits = case.thresholds
    soon = min(limits.deadlock_after, limits.stall_after)
    for lock in case.ledger.waits:
        groups: dict[Site | None, list[tuple[Wait, Hold]]] = {}
        for wait, hold in stuck(case, lock, soon):
            sooner = is_in_loop(case.ledger, wait)
            if not sooner and not _has_lasted(case, wait, hold, limits.stall_after):
                continue
            if interruption_of(case.ledger, wait, hold) is not None:
                continue  # finalizer_reentry tells it
            groups.setdefault(hold.site, []).append((wait, hold))
        for members in groups.values():
            yield _finding(case, lock, members)


def stuck(case: Case, lock: int, after: float) -> Iterator[tuple[Wait, Hold]]:
    """The waits for `lock` that have met the waiter's own hold for `after` seconds."""
    ledger = case.ledger
    if ledger.is_semaphore(lock) or ledger.is_handed_over(lock) or ledger.is_reentrant(lock):
        return
    for wait in ledger.contention(lock):
        hold = ledger.own_conflict(wait)
        if hold is not None and not wait.timed and _has_lasted(case, wait, hold, after):
            yield wait, hold


def _has_lasted(case: Case, wait: Wait, hold: Hold, seconds: float) -> bool:
    sure = hold.certainty is Certainty.HELD_BY
    return case.has_lasted(wait, seconds, found=0.0 if sure else seconds)


def _finding(case: Case, lock: int, members: list[tuple[Wait, Hold]]) -> Finding:
    ledger = case.ledger
    wait, hold = members[0]
    return Finding(
        kind=KIND,
        severity=Severity.ERROR,
        certainty=hold.certainty,
        message=_message(case, wait, hold, len(members) - 1),
        locks=(lock,),
        sites=role_sites(
            [
                (hold.site, "holder"),
                *((w.site, role_of(ledger, w)) for w, _ in members),
                *creators(ledger, [lock]),
            ]
        ),
        actors=named(w.actor for w, _ in members),
        since_ns=wait.since_ns,
        evidence=frozenset({wait.id, hold.id}),
        count=len(members),
    )


def _message(case: Case, wait: Wait, hold: Hold, others: int) -> str:
    snapshot = case.ledger.snapshot
    ago = age(snapshot, [hold])
    name = who(snapshot, wait.actor, wait.label)
    wish = f"waits {wish_of(case.ledger, wait)} in {where(wait.site)}"
    likely = "likely " if hold.certainty is Certainty.LIKELY else ""
    took = f"{likely}took itself {_as(case.ledger, hold)}in {where(hold.site)} {ago} ago"
    end = " and did not release before that function returned" if hold.returned else ""
    more = f"; {count(others, 'more thread does', 'more threads do')} the same" if others else ""
    loop = " With it the event loop and all its tasks stand still."
    return (
        f"{name} {wish}, which it {took}{end}{more}; "
        "it can go on only if another thread releases that."
        f"{loop if is_in_loop(case.ledger, wait) else ''}"
    )


def _as(ledger: Ledger, hold: Hold) -> str:
    if hold.lock not in ledger.read_write:
        return ""
    return "for reading " if hold.mode is Mode.SHARED else "for writing "
