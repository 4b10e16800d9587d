"""`executor-starvation`: a pool whose workers all wait for what only they could do."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites
from locktrace.diagnose.wait_graph import Ring, evidence
from locktrace.model import Certainty, Finding, Severity, Wait
from locktrace.wording import listing, lock_name, where, who

KIND = "executor-starvation"
MOST_TOLD = 3


def detect(case: Case) -> Iterator[Finding]:
    """Rings in which somebody waits for work that is still queued in a pool, and no worker of
    that pool can ever become free, `deadlock_after` the last of them began to wait.

    `evidence` is every hold and wait of the ring, and the waits of all workers.
    """
    for ring in case.rings:
        pool = ring.starved_pool(case.ledger)
        if pool is None:
            continue
        waits = _workers_waits(case, pool)
        closed_ns = max(wait.since_ns for wait in waits)
        if case.age(closed_ns) >= case.thresholds.deadlock_after:
            yield _finding(case, ring, pool, waits)


def _workers_waits(case: Case, pool: int) -> list[Wait]:
    """What each busy worker of the pool waits for."""
    ledger = case.ledger
    workers = dict.fromkeys(hold.actor for hold in ledger.holds.get(pool, ()))
    return [ledger.waits_by_actor[worker][0] for worker in workers]


def _finding(case: Case, ring: Ring, pool: int, waits: list[Wait]) -> Finding:
    ledger = case.ledger
    ways = [*waits, *_between(ring, waits)]
    return Finding(
        kind=KIND,
        severity=Severity.ERROR,
        certainty=Certainty.HELD_BY,
        message=_message(case, ring, pool, waits),
        locks=tuple(dict.fromkeys([pool, *(wait.lock for wait in ways)])),
        sites=role_sites([*wait_sites(ledger, ways), *creators(ledger, [pool])]),
        actors=named(wait.actor for wait in ways),
        since_ns=max(wait.since_ns for wait in waits),
        evidence=evidence(ring.links) | {wait.id for wait in waits},
        count=len(waits),
    )


def _between(ring: Ring, waits: list[Wait]) -> list[Wait]:
    """What those of the ring wait for who are no workers of the pool."""
    workers = {wait.actor for wait in waits}
    return [link.wait for link in ring.links if link.wait.actor not in workers]


def _message(case: Case, ring: Ring, pool: int, waits: list[Wait]) -> str:
    snapshot = case.ledger.snapshot
    told = [
        f"{who(snapshot, wait.actor, wait.label)} for {lock_name(snapshot, wait.lock)} in "
        f"{where(wait.site)}"
        for wait in waits
    ]
    few = {1: "its only worker waits", 2: "both busy workers wait"}
    number = few.get(len(waits), f"all {len(waits)} busy workers wait")
    between = _between(ring, waits)
    others = ring.size - len({wait.actor for wait in (*waits, *between)})
    way = "".join(
        f", by way of {who(snapshot, wait.actor, wait.label)}, who waits for "
        f"{lock_name(snapshot, wait.lock)} in {where(wait.site)}"
        for wait in between[:MOST_TOLD]
    )
    more = f"; {others} more {'is' if others == 1 else 'are'} caught with them"
    return (
        f"The pool {lock_name(snapshot, pool)} waits for itself: {number}, "
        f"{listing(told, MOST_TOLD)}{way}, and what would end that is still queued in this pool, "
        f"where nobody is left to run it{more if others > 0 else ''}."
    )
