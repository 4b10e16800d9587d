"""`lost-wakeup`: a wait that nothing can end any more, for nobody is left who could."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from locktrace.diagnose.case import Case
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites, wish_of
from locktrace.diagnose.standstill import last_waits
from locktrace.model import Certainty, Finding, Hold, Severity, Wait
from locktrace.snapshots import kinds
from locktrace.wording import age, count, lock_name, parties, taken, where, who

KIND = "lost-wakeup"
MOST_TOLD = 3  # other threads of which it is said where they wait


def detect(case: Case) -> Iterator[Finding]:
    """Waits for a Condition, an Event, a queue, a barrier, a future that nobody works on or a
    semaphore of which nobody is known to have a permit, in a process of which every other thread
    has ended or waits for ever too: see `standstill`.

    One finding for all of them: whichever was told first would wake the others. `evidence` is
    the wait of every thread: when one of them ends, somebody is left after all.
    """
    standing = last_waits(case)
    if standing is None:
        return
    untold = [
        wait
        for wait in standing
        if wait.lock not in case.explained and _waits_to_be_told(case.ledger, wait)
    ]
    if case.ledger.snapshot.family:  # what a process waits for by itself is told of that process
        untold = [wait for wait in untold if case.ledger.lock(wait.lock).os_id] or untold
    if untold:
        yield _finding(case, untold, standing)


def _waits_to_be_told(ledger: Ledger, wait: Wait) -> bool:
    """Not one who waits until somebody that is known lets go of something."""
    lost = ledger.is_semaphore(wait.lock) and not ledger.holds.get(wait.lock)
    return lost or ledger.is_signal(wait.lock) or ledger.is_unanswered(wait.lock)


def _foremost(ledger: Ledger, waits: Sequence[Wait], standing: Sequence[Wait]) -> Wait:
    """The wait to begin with: who holds what others need, or the main thread, which idle workers
    serve, or whoever has waited longest."""

    def rank(wait: Wait) -> tuple[bool, bool, int]:
        actor = ledger.snapshot.actors.get(wait.actor)
        main = actor is not None and actor.name.startswith("MainThread")
        return _shut_out(ledger, [wait], standing) is None, not main, wait.since_ns

    return min(waits, key=rank)


def _finding(case: Case, untold: Sequence[Wait], standing: Sequence[Wait]) -> Finding:
    ledger = case.ledger
    foremost = _foremost(ledger, untold, standing)
    lock = foremost.lock
    waits = [wait for wait in untold if wait.lock == lock and wait.site == foremost.site]
    others = [wait for wait in standing if wait not in waits]
    few = others if len(others) <= MOST_TOLD else []
    shut_out = _shut_out(ledger, waits, others)
    held = [shut_out[0]] if shut_out is not None else []
    locks = dict.fromkeys([lock, *(hold.lock for hold in held), *(wait.lock for wait in untold)])
    return Finding(
        kind=KIND,
        severity=Severity.ERROR,
        certainty=Certainty.HELD_BY if held else Certainty.UNKNOWN,
        message=_message(case, waits, others, few) + _lockout(ledger, shut_out),
        locks=tuple(locks),
        sites=role_sites(
            [
                *wait_sites(ledger, [*waits, *(few or untold)]),
                *((hold.site, "holder") for hold in held),
                *creators(ledger, [lock]),
            ]
        ),
        actors=named(wait.actor for wait in waits),
        since_ns=waits[0].since_ns,
        evidence=frozenset(wait.id for wait in standing),
        count=len(waits),
    )


def _shut_out(
    ledger: Ledger, waits: Sequence[Wait], others: Sequence[Wait]
) -> tuple[Hold, Wait] | None:
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
        f"{lock_name(snapshot, hold.lock)} meanwhile, {taken(hold)}, and "
        f"{who(snapshot, wait.actor, wait.label)} needs it first."
    )


def _message(case: Case, waits: Sequence[Wait], others: Sequence[Wait], few: Sequence[Wait]) -> str:
    first, snapshot = waits[0], case.ledger.snapshot
    name = who(snapshot, first.actor, first.label)
    more = f" and {count(len(waits) - 1, f'more {parties(snapshot, waits)}')}"
    waits_ = "wait" if len(waits) > 1 else "waits"
    actor = snapshot.actors.get(first.actor)
    loop = (
        "its event loop has no callback, timer or file left that could wake it, and "
        if actor is not None and actor.kind == "task"
        else ""
    )
    return (
        f"{name}{more if len(waits) > 1 else ''} {waits_} {wish_of(case.ledger, first)} in "
        f"{where(first.site)}, for {age(snapshot, [first])}, and nobody can "
        f"{'release' if case.ledger.is_semaphore(first.lock) else 'tell'} it any more: "
        f"{loop}{_rest(case, others)}{_told(case, few)}."
    )


def _rest(case: Case, others: Sequence[Wait]) -> str:
    if not others:
        return "no other thread is left"
    one = parties(case.ledger.snapshot, others)
    if len(others) == 1:
        return f"the other {one} waits for ever too"
    many = "threads and tasks" if one == "thread or task" else f"{one}s"
    return f"the {len(others)} other {many} wait for ever too"


def _told(case: Case, waits: Sequence[Wait]) -> str:
    """``: MainThread for worker in main (app.py:3)``: who else waits, and where."""
    snapshot = case.ledger.snapshot
    named = [(who(snapshot, wait.actor, wait.label), wait) for wait in waits]
    told = [f"{name} {wish_of(case.ledger, wait)} in {where(wait.site)}" for name, wait in named]
    return f": {'; '.join(told)}" if told else ""
