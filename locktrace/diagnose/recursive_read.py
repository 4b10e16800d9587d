"""`recursive-read`: a reader asked again for what it was reading, and got it: this time."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.roles import creators, named, role_sites
from locktrace.model import Certainty, Finding, Rereading, Severity
from locktrace.snapshots import kinds
from locktrace.wording import lock_name, where, who

KIND = "recursive-read"


def detect(case: Case) -> Iterator[Finding]:
    """Read locks that an actor took again, while the function was still running that had taken
    them first, and let go of both: the observer has seen it, whether or not a writer was near.

    Not of locks that were seen to let readers in past a waiting writer, or are known to:
    there a second read always gets in.
    """
    history = case.ledger.snapshot.history
    for rereading in history.rereadings:
        lock = case.ledger.known(rereading.outer.lock)
        lenient = rereading.outer.lock in history.lenient
        if lock is not None and not lenient and not kinds.prefers_readers(lock):
            yield _finding(case, rereading)


def _finding(case: Case, rereading: Rereading) -> Finding:
    outer, inner = rereading.outer, rereading.inner
    return Finding(
        kind=KIND,
        severity=Severity.WARNING,
        certainty=Certainty.HELD_BY,
        message=_message(case, rereading),
        locks=(outer.lock,),
        sites=role_sites(
            [
                (inner.site, "reader"),
                (outer.site, "holder"),
                *creators(case.ledger, [outer.lock]),
            ]
        ),
        actors=named([outer.actor]),
        since_ns=inner.since_ns,
        count=rereading.count,
        past=(outer, inner),
    )


def _message(case: Case, rereading: Rereading) -> str:
    snapshot = case.ledger.snapshot
    outer, inner = rereading.outer, rereading.inner
    name = who(snapshot, inner.actor, inner.label)
    lock = lock_name(snapshot, inner.lock)
    times = f" ({rereading.count} times)" if rereading.count > 1 else ""
    return (
        f"{name} took {lock} for reading in {where(inner.site)} although it was reading it "
        f"already, since {where(outer.site)}{times}; it went well, but a writer who asks in "
        "between makes both wait for ever."
    )
