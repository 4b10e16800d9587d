"""`lost-wakeup`: a wait that nothing can end any more, for nobody is left who could."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites, wish_of
from locktrace.diagnose.standstill import last_waits
from locktrace.model import Certainty, Finding, Hold, Severity, Wait
from locktrace.snapshots import kinds
from locktrace.wording import count, duration, lock_name, where, who

KIND = "lost-wakeup"
MOST_TOLD = 3  # other threads of which it is said where they wait


def detect(case: Case) -> Iterator[Finding]:
    """Waits for a Condition, an Event, a queue, a barrier or a future that nobody works on, in
    a process of which every other thread has ended or waits for ever too: see `standstill`.

    `evidence` is the wait of every thread: when one of them ends, somebody is left after all.
    """
    standing = last_waits(case)
    if standing is None:
        return
    by_lock: defaultdict[int, list[Wait]] = defaultdict(list)
    for wait in standing:
        told = case.ledger.is_signal(wait.lock) or case.ledger.is_promise(wait.lock)
        if told and wait.lock not in case.explained:
            by_lock[wait.lock].append(wait)
    evidence = frozenset(wait.id for wait in standing)
    for waits in by_lock.values():
        yield _finding(case, waits, [wait for wait in standing if wait not in waits], evidence)


def _finding(
    case: Case, waits: list[Wait], others: list[Wait], evidence: frozenset[int]
) -> Finding:
    ledger, lock = case.ledger, waits[0].lock
    few = others if len(others) <= MOST_TOLD else []
    shut_out = _shut_out(ledger, waits, others)
    held = [shut_out[0]] if shut_out is not None else []
    return Finding(
        kind=KIND,
        severity=Severity.ERROR,
        certainty=Certainty.HELD_BY if held else Certainty.UNKNOWN,
        message=_message(case, waits, len(others), few) + _lockout(ledger, shut_out),
        locks=(lock, *(hold.lock for hold in held)),
        sites=role_sites(
            [
                *wait_sites(ledger, [*waits, *few]),
                *((hold.site, "holder") for hold in held),
                *creators(ledger, [lock]),
            ]
        ),
        actors=named(wait.actor for wait in waits),
        since_ns=waits[0].since_ns,
        evidence=evidence,
        count=len(waits),
    )


def _shut_out(ledger: Ledger, waits: list[Wait], others: list[Wait]) -> tuple[Hold, Wait] | None:
    """What one of those who wait to be told holds meanwhile, and who needs it first."""
    for wait in waits:
        for other in others:
            holds = ledger.holds_by_owner.get((other.lock, wait.actor), ())
            if holds and kinds.is_ordered(ledger.lock(other.lock)):
                return holds[0], other
    return None


def _lockout(ledger: Ledger, shut_out: tuple[Hold, Wait] | None) -> str:
    if shut_out is None:
        return ""
    hold, wait = shut_out
    snapshot = ledger.snapshot
    return (
        f" It looks like a nested monitor lockout: {who(snapshot, hold.actor, hold.label)} holds "
        f"{lock_name(snapshot, hold.lock)} meanwhile, taken in {where(hold.site)}, and "
        f"{who(snapshot, wait.actor, wait.label)} needs it first."
    )


def _message(case: Case, waits: list[Wait], others: int, few: list[Wait]) -> str:
    first = waits[0]
    name = who(case.ledger.snapshot, first.actor, first.label)
    more = f" and {count(len(waits) - 1, 'more thread')}" if len(waits) > 1 else ""
    waits_ = "wait" if more else "waits"
    actor = case.ledger.snapshot.actors.get(first.actor)
    loop = (
        "its event loop has no callback, timer or file left that could wake it, and "
        if actor is not None and actor.kind == "task"
        else ""
    )
    more_wait = count(others, "other thread waits", "other threads wait")
    rest = (
        f"the {more_wait} for ever too{_told(case, few)}" if others else "no other thread is left"
    )
    return (
        f"{name}{more} {waits_} {wish_of(case.ledger, first)} in {where(first.site)}, for "
        f"{duration(case.age(first.since_ns))}, and nobody can tell it any more: {loop}{rest}."
    )


def _told(case: Case, waits: list[Wait]) -> str:
    """``: MainThread for worker in main (app.py:3)``: who else waits, and where."""
    snapshot = case.ledger.snapshot
    named = [(who(snapshot, wait.actor, wait.label), wait) for wait in waits]
    told = [f"{name} {wish_of(case.ledger, wait)} in {where(wait.site)}" for name, wait in named]
    return f": {'; '.join(told)}" if told else ""
