"""`held-across-fork`: a child process has a lock that a thread of its parent held."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import creators, named, role_sites
from locktrace.model import Certainty, Finding, Hold, Severity
from locktrace.snapshots.groups import HoldGroup, group_holds, has_ended
from locktrace.wording import count, lock_name, where, who

KIND = "held-across-fork"


def detect(case: Case) -> Iterator[Finding]:
    """Holds from before the fork, of threads that the child does not have. An error where
    somebody in the child waits for the lock and will not give up by himself, else a warning.

    Not semaphores, and not what is handed over. `evidence` is the oldest hold of the site.
    """
    ledger = case.ledger
    for lock, holds in ledger.holds.items():
        if ledger.is_semaphore(lock) or ledger.is_inner(lock):
            continue
        inherited = [hold for hold in holds if is_inherited(ledger, hold)]
        for group in group_holds(ledger.snapshot, inherited):
            yield _finding(case, group)


def is_inherited(ledger: Ledger, hold: Hold) -> bool:
    """Whether `hold` is from before this process was forked, of a thread it does not have."""
    forked_ns = ledger.snapshot.process.forked_ns
    return hold.since_ns < forked_ns and has_ended(ledger.snapshot, hold)


def _finding(case: Case, group: HoldGroup) -> Finding:
    ledger, hold = case.ledger, group.holds[0]
    waits = ledger.contention(group.lock)
    lasting = any(not wait.timed for wait in waits)
    name = who(ledger.snapshot, hold.actor, hold.label)
    nobody = "nobody had waited" if ledger.snapshot.finished else "nobody waits yet"
    wanting = count(len(waits), "thread waits", "threads wait") if waits else nobody
    return Finding(
        kind=KIND,
        severity=Severity.ERROR if lasting else Severity.WARNING,
        certainty=Certainty.LAST,
        message=(
            f"{lock_name(ledger.snapshot, group.lock)} is held in this forked process by {name}, "
            f"which is a thread of the parent and does not exist here: it had taken the lock in "
            f"{where(group.site)} when the fork came, and nobody can release it; {wanting} for it."
        ),
        locks=(group.lock,),
        sites=role_sites(
            [
                (group.site, "holder"),
                *((wait.site, "waiter") for wait in waits),
                *creators(ledger, [group.lock]),
            ]
        ),
        actors=named([*group.actors, *(wait.actor for wait in waits)]),
        since_ns=hold.since_ns,
        evidence=frozenset({hold.id}),
        count=len(group.holds),
    )
