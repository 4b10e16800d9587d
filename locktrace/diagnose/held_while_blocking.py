"""`held-while-blocking`: who holds what others want sleeps, does I/O or waits to be told."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.holders import lockout_hint
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites, wish_of
from locktrace.model import Blocking, Certainty, Finding, Hold, Severity, Site, Wait
from locktrace.snapshots import kinds
from locktrace.wording import age, count, duration, lock_name, taken, waiters, where, who

KIND = "held-while-blocking"


def detect(case: Case) -> Iterator[Finding]:
    """Locks that have been wanted for `blocking_after` while their holder waits for a signal, a
    queue, a thread or a future, or is seen in one of the well-known calls that block; and what
    the history has of such holders, of waits that are over.

    Not semaphores, nor what is handed over, nor inner locks; and not a holder that waits for
    another lock, which is a chain and no bad manners. Of a stall its own sentence tells. `evidence`
    is the hold.
    """
    told: set[tuple[int, Site | None]] = set()
    for lock in case.ledger.waits:
        for hold, waits in _wanted(case, lock):
            reason = _reason(case, hold)
            if reason is not None:
                told.add((hold.lock, hold.site))
                yield _finding(case, hold, waits, *reason)
    told |= _leaking(case)
    for blocking in case.ledger.snapshot.history.blockings:
        if (blocking.hold.lock, blocking.hold.site) not in told:
            yield _past(case, blocking)


def _leaking(case: Case) -> set[tuple[int, Site | None]]:
    """Where holds are left behind: who blocks later is not in the code that took them."""
    return {
        (hold.lock, hold.site) for hold in case.ledger.snapshot.holds if case.ledger.is_leaked(hold)
    }


def _wanted(case: Case, lock: int) -> Iterator[tuple[Hold, tuple[Wait, ...]]]:
    """The holds that waits of some age are held up by."""
    ledger = case.ledger
    if lock in case.explained or not kinds.is_ordered(ledger.lock(lock)):
        return
    if ledger.is_handed_over(lock) or ledger.is_inner(lock):
        return
    waits = ledger.contention(lock)
    if not waits or case.age(waits[0].since_ns) < case.thresholds.blocking_after:
        return
    for hold in ledger.holds.get(lock, ()):
        others = tuple(wait for wait in waits if wait.actor != hold.actor)
        if others and ledger.is_answered_for(hold):
            yield hold, others


def _reason(case: Case, hold: Hold) -> tuple[str, Site | None, bool] | None:
    """What the holder does, where, and whether it waits without end to be told something."""
    ledger = case.ledger
    waits = ledger.waits_by_actor.get(hold.actor, ())
    for wait in waits:
        lock = ledger.lock(wait.lock)
        if kinds.is_task(lock):
            return None  # to await others is what a task does
        if kinds.is_signal(lock) or kinds.is_answer(lock):
            signal = kinds.is_signal(lock) and not wait.timed
            return f"waits {wish_of(ledger, wait)}", wait.site, signal
    stack = ledger.stack_of(hold.actor)
    if waits or stack is None or not stack.doing or not stack.frames:
        return None
    return stack.doing, stack.frames[0], False


def _finding(
    case: Case, hold: Hold, waits: tuple[Wait, ...], doing: str, site: Site | None, told: bool
) -> Finding:
    ledger = case.ledger
    return Finding(
        kind=KIND,
        severity=Severity.WARNING,
        certainty=Certainty.HELD_BY,
        message=_message(case, hold, waits, f"{doing} in {where(site)}")
        + (lockout_hint(case.ledger, hold.lock) if told else ""),
        locks=(hold.lock,),
        sites=role_sites(
            [
                (hold.site, "holder"),
                (site, "blocked"),
                *wait_sites(ledger, waits),
                *creators(ledger, [hold.lock]),
            ]
        ),
        actors=named([hold.actor, *(wait.actor for wait in waits)]),
        since_ns=waits[0].since_ns,
        evidence=frozenset({hold.id}),
        count=len(waits),
    )


def _message(case: Case, hold: Hold, waits: tuple[Wait, ...], doing: str) -> str:
    snapshot = case.ledger.snapshot
    name, lock = who(snapshot, hold.actor, hold.label), lock_name(snapshot, hold.lock)
    wanting = waiters(snapshot, waits, "wants it", "want it")
    first = ", for" if len(waits) == 1 else ", the longest for"
    return (
        f"{name} {doing} while it holds {lock}, {taken(hold)}; {wanting}{first} "
        f"{age(snapshot, waits)}."
    )


def _past(case: Case, blocking: Blocking) -> Finding:
    ledger, hold, wait = case.ledger, blocking.hold, blocking.wait
    snapshot = ledger.snapshot
    name, lock = who(snapshot, hold.actor, hold.label), lock_name(snapshot, hold.lock)
    longest = duration(blocking.longest_ns / 1e9)
    return Finding(
        kind=KIND,
        severity=Severity.INFO,
        certainty=Certainty.HELD_BY,
        message=(
            f"{name} waited for {lock_name(snapshot, wait.lock)} in {where(wait.site)} while it "
            f"held {lock}, taken in {where(hold.site)}, which others wanted: for {longest} at "
            f"most, {count(blocking.count, 'time')} in this run."
        ),
        locks=(hold.lock,),
        sites=role_sites(
            [(hold.site, "holder"), (wait.site, "blocked"), *creators(ledger, [hold.lock])]
        ),
        actors=named([hold.actor]),
        since_ns=wait.since_ns,
        count=blocking.count,
        past=(hold,),
    )
