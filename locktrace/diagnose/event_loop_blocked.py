"""`event-loop-blocked`: a thread's lock holds up an event loop, and every task in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from locktrace.diagnose.case import Case
from locktrace.diagnose.holders import holders_of
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites, wish_of
from locktrace.model import Finding, Severity, Stack, Wait
from locktrace.snapshots import kinds
from locktrace.wording import duration, where, who

KIND = "event-loop-blocked"


def detect(case: Case) -> Iterator[Finding]:
    """Waits for what is not asyncio's, in a thread that runs an event loop and is in the middle
    of a callback or a task, once they have lasted `loop_after`. An error from `stall_after` on.
    Not if they are part of a deadlock.

    `evidence` is the wait.
    """
    for waits in case.ledger.waits.values():
        for wait in waits:
            old = case.age(wait.since_ns) >= case.thresholds.loop_after
            if old and wait.lock not in case.explained and is_in_loop(case.ledger, wait):
                yield _finding(case, wait)


def is_in_loop(ledger: Ledger, wait: Wait) -> bool:
    """Whether an event loop, and so each of its tasks, stands still as long as `wait` lasts."""
    if kinds.is_asynchronous(ledger.lock(wait.lock)):
        return False
    actor = ledger.snapshot.actors.get(wait.actor)
    if actor is not None and actor.kind == "task":
        return not kinds.is_future(ledger.lock(wait.lock))  # that is awaited, and the loop goes on
    if actor is not None and actor.task is not None:
        return True
    present = ledger.stack_of(wait.actor)
    return _runs_callback(wait.stack) or (present is not None and _runs_callback(present.frames))


def _runs_callback(stack: Stack) -> bool:
    return any(
        PurePath(site.file).parts[-2:] == ("asyncio", "events.py")
        and site.function == "Handle._run"
        for site in stack
    )


def _finding(case: Case, wait: Wait) -> Finding:
    ledger = case.ledger
    holders = holders_of(case, wait.lock)
    age = case.age(wait.since_ns)
    lasting = age >= case.thresholds.stall_after and not wait.timed
    name = who(ledger.snapshot, wait.actor, wait.label)
    nobodys = ledger.is_signal(wait.lock) or kinds.is_own(ledger.lock(wait.lock))
    subject = "the lock is " if holders.groups else ""
    held = "" if nobodys else f"; {subject}{holders.phrase}"
    return Finding(
        kind=KIND,
        severity=Severity.ERROR if lasting else Severity.WARNING,
        certainty=holders.certainty,
        message=(
            f"The event loop has stood still for {duration(age)}: {name} waits "
            f"{wish_of(ledger, wait)} in {where(wait.site)}, which blocks the whole thread, and "
            f"every task with it{held}."
        ),
        locks=(wait.lock,),
        sites=role_sites(
            [*wait_sites(ledger, [wait]), *holders.sites, *creators(ledger, [wait.lock])]
        ),
        actors=named([wait.actor, *holders.actors]),
        since_ns=wait.since_ns,
        evidence=frozenset({wait.id}),
    )
