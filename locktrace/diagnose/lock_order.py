"""`lock-order-inversion`: locks taken in orders that, at one time, would be a deadlock."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.order_rings import Ring, meets, rings
from locktrace.diagnose.roles import creators, named, role_sites
from locktrace.model import Certainty, Finding, Nesting, Severity
from locktrace.wording import listing, lock_name, where, who

KIND = "lock-order-inversion"
MOST_TOLD = 6  # nestings of a ring told in the message


def detect(case: Case) -> Iterator[Finding]:
    """Rings in which locks were taken while others were held, in this run, by two actors or
    more, each pair as it was first seen.

    Per class of locks, as one line of the program makes them, and not of locks that are handed
    over. Where the ring is of one class in different objects only, it is information: nobody
    knows that the same two ever meet.
    """
    for ring in rings(case.ledger.snapshot.history):
        if not any(_is_handed_over(case, nesting) for nesting in ring):
            yield _finding(case, ring)


def _is_handed_over(case: Case, nesting: Nesting) -> bool:
    """Whether others than its holder release it, so that to hold it is to wait for nobody."""
    lock = case.ledger.known(nesting.outer.lock)
    return lock is not None and lock.foreign_releases > 0


def _finding(case: Case, ring: Ring) -> Finding:
    locks = tuple(nesting.outer.lock for nesting in ring)
    met = meets(ring)
    return Finding(
        kind=KIND,
        severity=Severity.WARNING if met else Severity.INFO,
        certainty=Certainty.HELD_BY,
        message=_message(case, ring, met),
        locks=locks,
        sites=role_sites(
            [
                *((nesting.inner.site, "waiter") for nesting in ring),
                *((nesting.outer.site, "holder") for nesting in ring),
                *creators(case.ledger, locks),
            ]
        ),
        actors=named(nesting.inner.actor for nesting in ring),
        since_ns=max(nesting.inner.since_ns for nesting in ring),
        count=min(nesting.count for nesting in ring),
        past=tuple(hold for nesting in ring for hold in (nesting.outer, nesting.inner)),
    )


def _message(case: Case, ring: Ring, met: bool) -> str:
    snapshot = case.ledger.snapshot
    names = list(dict.fromkeys(lock_name(snapshot, nesting.outer.lock) for nesting in ring))
    orders = "both orders" if len(ring) == 2 else f"{len(ring)} orders that close a ring"
    told = [_clause(case, nesting) for nesting in ring[:MOST_TOLD]]
    if len(ring) > MOST_TOLD:
        told.append(f"and so on through {len(ring) - MOST_TOLD} more")
    doubt = "" if met else ", if they ever are the same objects: so far they were others of a kind"
    nobody = "neither can go on" if len(ring) == 2 else "none can go on"
    return (
        f"{listing(names)} are taken in {orders}: {'; '.join(told)}. Done at the same time, "
        f"{nobody}{doubt}."
    )


def _clause(case: Case, nesting: Nesting) -> str:
    snapshot, outer, inner = case.ledger.snapshot, nesting.outer, nesting.inner
    return (
        f"{who(snapshot, inner.actor, inner.label)} took {lock_name(snapshot, inner.lock)} in "
        f"{where(inner.site)} while it held {lock_name(snapshot, outer.lock)}, taken in "
        f"{where(outer.site)}"
    )
