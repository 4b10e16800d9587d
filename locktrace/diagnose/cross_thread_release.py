"""`cross-thread-release`: a lock that was released by others than those who had taken it."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.roles import creators, role_sites
from locktrace.model import Certainty, Finding, Lock, Severity
from locktrace.snapshots import kinds
from locktrace.wording import count, lock_name

KIND = "cross-thread-release"


def detect(case: Case) -> Iterator[Finding]:
    """Told when the process has ended, as information: it may be by design, and while it runs
    it would be noise. Not semaphores, which anybody may release, nor inner locks.
    """
    ledger = case.ledger
    if not ledger.snapshot.finished:
        return
    for lock in ledger.snapshot.locks.values():
        if lock.foreign_releases and kinds.is_ordered(lock) and not ledger.is_inner(lock.id):
            yield _finding(case, lock)


def _finding(case: Case, lock: Lock) -> Finding:
    times = count(lock.foreign_releases, "time")
    return Finding(
        kind=KIND,
        severity=Severity.INFO,
        certainty=Certainty.LIKELY,
        message=(
            f"{lock_name(case.ledger.snapshot, lock.id)} was released {times} by a thread that had "
            f"not taken it, out of {count(lock.acquisitions, 'acquire')}: handed over by design, "
            "or one release too many that let somebody in."
        ),
        locks=(lock.id,),
        sites=role_sites(creators(case.ledger, [lock.id])),
        count=lock.foreign_releases,
    )
