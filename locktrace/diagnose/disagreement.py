"""`disagreement`: a wait that only one of the two witnesses knows, the ledger or the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.roles import creators, role_sites
from locktrace.kernel_view import Disagreement, Dispute
from locktrace.model import Certainty, Finding, Severity
from locktrace.wording import duration, lock_name, who

KIND = "disagreement"


def detect(case: Case) -> Iterator[Finding]:
    """One for each disagreement that the comparison has found; its id is the evidence."""
    kernel = case.ledger.snapshot.kernel
    for disagreement in kernel.disagreements if kernel is not None else ():
        yield Finding(
            kind=KIND,
            severity=Severity.INFO,
            certainty=Certainty.UNKNOWN,
            message=_message(case, disagreement),
            locks=(disagreement.lock,),
            sites=role_sites(creators(case.ledger, [disagreement.lock])),
            actors=(disagreement.thread,),
            since_ns=disagreement.since_ns,
            evidence=frozenset({disagreement.id}),
        )


def _message(case: Case, it: Disagreement) -> str:
    snapshot = case.ledger.snapshot
    name, lock = who(snapshot, it.thread), lock_name(snapshot, it.lock)
    age = duration(case.age(it.since_ns))
    if it.dispute is Dispute.UNLISTED:
        return (
            f"{lock}: the kernel has seen {name} wait for it for {age}; the agent knows of no wait."
        )
    return (
        f"{lock}: the agent has told for {age} that {name} waits; the kernel sees it in no futex."
    )
