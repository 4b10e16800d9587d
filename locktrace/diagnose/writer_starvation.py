"""`writer-starvation`: readers keep getting in, and the writer who came first does not."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.holders import holders_of
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites
from locktrace.model import Finding, Mode, Severity, Wait
from locktrace.wording import duration, lock_name, where, who

KIND = "writer-starvation"
MANY = 10  # readers let in past one writer: one or two may have been on their way


def detect(case: Case) -> Iterator[Finding]:
    """Writers who have waited half of `stall_after` while ten readers or more, who came later,
    were let in. An error once it has lasted `stall_after` and the writer will not give up.
    Not if readers are let in no more: one waits behind the writer, or reads and asks again.

    `evidence` is the writer's wait.
    """
    overtaken = case.ledger.snapshot.history.overtaken
    explained = case.explained | case.in_rings
    for lock, waits in case.ledger.waits.items():
        if lock in explained or _keeps_readers_out(case, waits):
            continue
        for wait in waits:
            passed = overtaken.get(wait.id, 0)
            if passed >= MANY and case.age(wait.since_ns) >= case.thresholds.pending_writer_after:
                yield _finding(case, wait, passed)


def _keeps_readers_out(case: Case, waits: tuple[Wait, ...]) -> bool:
    enough = case.thresholds.pending_writer_after / 2
    return any(wait.mode is Mode.SHARED and case.age(wait.since_ns) >= enough for wait in waits)


def _finding(case: Case, wait: Wait, passed: int) -> Finding:
    ledger = case.ledger
    holders = holders_of(case, wait.lock)
    age = case.age(wait.since_ns)
    lasting = age >= case.thresholds.stall_after and not wait.timed
    return Finding(
        kind=KIND,
        severity=Severity.ERROR if lasting else Severity.WARNING,
        certainty=holders.certainty,
        message=(
            f"{who(ledger.snapshot, wait.actor, wait.label)} has waited {duration(age)} to write "
            f"{lock_name(ledger.snapshot, wait.lock)} in {where(wait.site)}, while {passed} "
            "readers who came later were let in: the lock is never free for a writer."
        ),
        locks=(wait.lock,),
        sites=role_sites(
            [*wait_sites(ledger, [wait]), *holders.sites, *creators(ledger, [wait.lock])]
        ),
        actors=named([wait.actor, *holders.actors]),
        since_ns=wait.since_ns,
        evidence=frozenset({wait.id}),
        count=passed,
    )
