"""`leaked-lock`: holds that nobody is left to release; seen before anybody waits for them."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.held_across_fork import is_inherited
from locktrace.diagnose.roles import creators, named, role_sites
from locktrace.model import Certainty, Finding, Mode, Severity
from locktrace.snapshots import kinds
from locktrace.snapshots.groups import HoldGroup, group_holds
from locktrace.wording import age, count, listing, lock_name, where, who

KIND = "leaked-lock"


def detect(case: Case) -> Iterator[Finding]:
    """Holds older than `leak_after` whose function has returned or whose actor has ended,
    grouped by lock and site.

    Not semaphores (a permit is nobody's), not locks that others were seen to release, not
    inner locks (the compound's own hold tells it). `evidence` is the group's oldest hold:
    more may join it, but as long as that one is there the leak is. Holds that are but likely
    to be there make a warning, and none where others of their site are certain.
    """
    ledger = case.ledger
    for lock, holds in ledger.holds.items():
        if ledger.is_handed_over(lock) or ledger.is_inner(lock):
            continue
        if not kinds.is_ordered(ledger.lock(lock)):
            continue
        old = [
            hold
            for hold in holds
            if ledger.is_leaked(hold)
            and case.age(hold.since_ns) >= case.thresholds.leak_after
            and not is_inherited(ledger, hold)
        ]
        certain = [hold for hold in old if hold.certainty is Certainty.HELD_BY]
        sites = {hold.site for hold in certain}
        likely = [hold for hold in old if hold.certainty is Certainty.LIKELY]
        for group in group_holds(ledger.snapshot, certain):
            yield _finding(case, group, Certainty.HELD_BY)
        for group in group_holds(ledger.snapshot, (h for h in likely if h.site not in sites)):
            yield _finding(case, group, Certainty.LIKELY)


def _finding(case: Case, group: HoldGroup, certainty: Certainty) -> Finding:
    oldest = group.holds[0]
    likely = certainty is Certainty.LIKELY
    return Finding(
        kind=KIND,
        severity=Severity.WARNING if likely else Severity.ERROR,
        certainty=certainty,
        message=_doubtful(case, group) if likely else _message(case, group),
        locks=(group.lock,),
        sites=role_sites([(group.site, "holder"), *creators(case.ledger, [group.lock])]),
        actors=named(group.actors),
        since_ns=oldest.since_ns,
        evidence=frozenset({oldest.id}),
        count=len(group.holds),
    )


def _message(case: Case, group: HoldGroup) -> str:
    snapshot = case.ledger.snapshot
    lock = lock_name(snapshot, group.lock)
    ago = age(snapshot, group.holds)
    if group.mode is Mode.SHARED:
        return _shared(case, group, lock, ago)
    times = f" {len(group.holds)} times" if len(group.holds) > 1 else ""
    return (
        f"{lock} was taken{times} by {_takers(case, group)} in {where(group.site)} {ago} ago "
        f"and is still held, although {group.fate(snapshot)}."
    )


def _doubtful(case: Case, group: HoldGroup) -> str:
    """Of holds from before tracing that only the code of a function speaks for."""
    snapshot = case.ledger.snapshot
    reading = " for reading" if group.mode is Mode.SHARED else ""
    return (
        f"{lock_name(snapshot, group.lock)} was likely taken{reading} by {_takers(case, group)} in "
        f"{where(group.site)} {age(snapshot, group.holds)} ago, before tracing began, and no "
        f"release was seen, although {group.fate(snapshot)}."
    )


def _takers(case: Case, group: HoldGroup) -> str:
    names = (who(case.ledger.snapshot, hold.actor, hold.label) for hold in group.holds)
    return listing(list(dict.fromkeys(names)))


def _shared(case: Case, group: HoldGroup, lock: str, ago: str) -> str:
    number = len(group.holds)
    # The agent lists the oldest holds only: those that it merely counts may be in good hands.
    least = "at least " if case.ledger.lock(group.lock).unlisted_holds else ""
    locks = count(number, "read lock")
    was, age = ("was", f"taken {ago} ago") if number == 1 else ("were", f"the oldest {ago} ago")
    return (
        f"{lock}: {least}{locks} taken in {where(group.site)} {was} never released, although "
        f"{group.fate(case.ledger.snapshot)}; {age}."
    )
