"""`convoy`: threads queue for a lock again and again, although nobody keeps it for long."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites
from locktrace.model import Certainty, Contention, Finding, Severity, Traffic
from locktrace.snapshots import kinds
from locktrace.wording import duration, lock_name

KIND = "convoy"
MANY = 20  # acquisitions in the window: fewer are a slow lock, which other kinds tell of
QUEUE = 2.0  # threads that waited on average
SHARE = 0.25  # of the acquires had to wait: less is one thread that starves the others


def detect(case: Case) -> Iterator[Finding]:
    """Locks that many were queueing for in the last seconds, two or more at any time, while they
    went from hand to hand: the work behind them goes on in single file.

    From running totals, so no event is missing. Not semaphores, signals and locks of which
    another finding tells already. `evidence` is empty: the window itself has lasted.
    """
    ledger = case.ledger
    for lock, traffic in ledger.snapshot.history.traffic.items():
        known = ledger.snapshot.locks.get(lock)
        if known is None or lock in case.explained or not kinds.is_ordered(known):
            continue
        if not ledger.is_inner(lock) and _is_convoy(case, traffic):
            yield _finding(case, lock, traffic)


def _is_convoy(case: Case, traffic: Traffic) -> bool:
    return (
        traffic.window_ns >= case.thresholds.convoy_after * 1e9
        and traffic.acquisitions >= MANY
        and traffic.contended >= SHARE * traffic.acquisitions
        and traffic.wait_ns >= QUEUE * traffic.window_ns
    )


def _finding(case: Case, lock: int, traffic: Traffic) -> Finding:
    ledger = case.ledger
    queue = traffic.wait_ns / traffic.window_ns
    waits = ledger.contention(lock)
    holds = ledger.holds.get(lock, ())
    past = ledger.snapshot.history.contention.get(lock, Contention())
    each = traffic.acquisitions * 1e9
    return Finding(
        kind=KIND,
        severity=Severity.WARNING,
        certainty=Certainty.HELD_BY,  # by many in turn: none is to blame
        message=(
            f"{lock_name(ledger.snapshot, lock)}: {queue:.1f} threads are queueing on average over "
            f"the last {duration(traffic.window_ns / 1e9)}; "
            f"{round(100 * traffic.contended / traffic.acquisitions)} % of "
            f"{traffic.acquisitions} acquires had to wait, {duration(traffic.wait_ns / each)} each "
            f"for a lock that is held {duration(traffic.hold_ns / each)}."
        ),
        locks=(lock,),
        sites=role_sites(
            [
                *creators(ledger, [lock]),  # first: it is what stays the same
                *((hold.site, "holder") for hold in holds),
                *wait_sites(ledger, waits),
                *((total.site, "holder") for total in past.held),
                *((total.site, "waiter") for total in past.waited),
            ]
        ),
        actors=named([*(hold.actor for hold in holds), *(wait.actor for wait in waits)]),
        since_ns=ledger.snapshot.taken_ns - traffic.window_ns,
        count=max(1, round(queue)),
    )
