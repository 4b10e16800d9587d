"""`held-at-exit`: locks that were still held when the process said its goodbye."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.held_across_fork import is_inherited
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import creators, named, role_sites
from locktrace.model import Certainty, Finding, Hold, Severity
from locktrace.snapshots import kinds
from locktrace.snapshots.groups import HoldGroup, group_holds
from locktrace.wording import duration, lock_name, where, who

KIND = "held-at-exit"


def detect(case: Case) -> Iterator[Finding]:
    """Holds that were there at the goodbye and are no leak: a warning for the main thread's,
    which is at its end, and information for those of daemon threads, which were cut off.

    Not semaphores, inner locks, and what is handed over. `evidence` is the hold.
    """
    ledger = case.ledger
    if not ledger.snapshot.finished:
        return
    for lock, holds in ledger.holds.items():
        if ledger.is_handed_over(lock) or ledger.is_inner(lock):
            continue
        if not kinds.is_ordered(ledger.lock(lock)):
            continue
        kept = [h for h in holds if not ledger.is_leaked(h) and not is_inherited(ledger, h)]
        for group in group_holds(ledger.snapshot, kept):
            yield _finding(case, group)


def _finding(case: Case, group: HoldGroup) -> Finding:
    ledger, hold = case.ledger, group.holds[0]
    main = _is_main(ledger, hold)
    end = "and never released it" if main else "and was cut off in the middle of what it guards"
    name = who(ledger.snapshot, hold.actor, hold.label)
    return Finding(
        kind=KIND,
        severity=Severity.WARNING if main else Severity.INFO,
        certainty=Certainty.HELD_BY,
        message=(
            f"{lock_name(ledger.snapshot, group.lock)} was held when the process ended: {name} "
            f"took it {duration(case.age(hold.since_ns))} before in {where(group.site)} {end}."
        ),
        locks=(group.lock,),
        sites=role_sites([(group.site, "holder"), *creators(ledger, [group.lock])]),
        actors=named(group.actors),
        since_ns=hold.since_ns,
        evidence=frozenset({hold.id}),
        count=len(group.holds),
    )


def _is_main(ledger: Ledger, hold: Hold) -> bool:
    """On Linux the main thread's id is the process's."""
    actor = ledger.snapshot.actors.get(hold.actor)
    return actor is not None and actor.native_id == ledger.snapshot.process.pid
