"""`finalizer-reentry`: what interrupted a function wants the lock that this function holds."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.interruption import Interruption, interruption_of
from locktrace.diagnose.roles import creators, named, role_of, role_sites, wish_of
from locktrace.diagnose.self_deadlock import stuck
from locktrace.model import Certainty, Finding, Hold, Severity, Wait
from locktrace.wording import duration, where, who

KIND = "finalizer-reentry"


def detect(case: Case) -> Iterator[Finding]:
    """A self-deadlock whose second acquire came by a finalizer, a weakref callback or a signal
    handler that ran on top of the function that holds. Told after `deadlock_after`: the stack
    itself proves that the holder cannot go on before the waiter has returned.

    `evidence` is the wait and the hold.
    """
    for lock in case.ledger.waits:
        for wait, hold in stuck(case, lock, case.thresholds.deadlock_after):
            interruption = interruption_of(case.ledger, wait, hold)
            if interruption is not None:
                yield _finding(case, wait, hold, interruption)


def _finding(case: Case, wait: Wait, hold: Hold, interruption: Interruption) -> Finding:
    ledger = case.ledger
    return Finding(
        kind=KIND,
        severity=Severity.ERROR,
        certainty=Certainty.HELD_BY,
        message=_message(case, wait, hold, interruption),
        locks=(wait.lock,),
        sites=role_sites(
            [
                (hold.site, "holder"),
                (wait.site, role_of(ledger, wait)),
                (interruption.interrupted, "interrupted"),
                *creators(ledger, [wait.lock]),
            ]
        ),
        actors=named([wait.actor]),
        since_ns=wait.since_ns,
        evidence=frozenset({wait.id, hold.id}),
    )


def _message(case: Case, wait: Wait, hold: Hold, interruption: Interruption) -> str:
    name = who(case.ledger.snapshot, wait.actor, wait.label)
    ago = duration(case.age(hold.since_ns))
    waits = f"waits {wish_of(case.ledger, wait)} in {where(wait.site)}"
    came = "" if wait.site == interruption.site else f", called from {where(interruption.site)}"
    return (
        f"{name} {waits}{came}: {interruption.what} that ran in the middle of "
        f"{where(interruption.interrupted)}; the interrupted frame holds the lock, taken {ago} ago "
        f"in {where(hold.site)}, and cannot go on before the other has returned."
    )
