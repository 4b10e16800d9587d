"""`unresponsive`: the target gives no word: it is stopped, or a C call keeps the GIL."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.roles import role_sites
from locktrace.model import Certainty, Finding, Present, Severity, ThreadStack
from locktrace.wording import duration, plain, where

KIND = "unresponsive"


def detect(case: Case) -> Iterator[Finding]:
    """No heartbeat for `unresponsive_after`, although the connection stands.

    `evidence` is empty: a single heartbeat takes the finding back.
    """
    snapshot = case.ledger.snapshot
    silent = case.age(snapshot.heard_ns) >= case.thresholds.unresponsive_after
    if not snapshot.heard_ns or snapshot.finished or not silent:
        return
    keeper = _keeper(snapshot.present)
    yield Finding(
        kind=KIND,
        severity=Severity.ERROR,
        certainty=Certainty.HELD_BY if keeper is not None else Certainty.UNKNOWN,
        message=_message(case, snapshot.present, keeper),
        sites=role_sites([(keeper.frames[0], "holder")] if keeper and keeper.frames else []),
        actors=_actors(case, keeper),
        since_ns=snapshot.heard_ns,
    )


def _keeper(present: Present | None) -> ThreadStack | None:
    """The thread that py-spy has seen with the GIL; none in a process that stands still."""
    if present is None or present.stopped:
        return None
    return next((thread for thread in present.threads if thread.owns_gil), None)


def _actors(case: Case, keeper: ThreadStack | None) -> tuple[int, ...]:
    actor = case.ledger.actor_at(keeper.native_id) if keeper is not None else None
    return () if actor is None else (actor,)


def _message(case: Case, present: Present | None, keeper: ThreadStack | None) -> str:
    silence = duration(case.age(case.ledger.snapshot.heard_ns))
    if present is not None and present.stopped:
        return (
            f"The process has given no word for {silence}: it is stopped, by a signal (SIGSTOP, "
            "Ctrl-Z) or by a debugger, and all its threads with it."
        )
    start = f"The interpreter has given no word for {silence}"
    if keeper is None:
        if present is None or not present.threads:
            return f"{start}; who has the GIL is not known, for nobody could look from outside."
        return (
            f"{start}; none of its threads was seen with the GIL, so they wait for something else, "
            "or for a processor."
        )
    name = case.ledger.name_of(keeper)
    place = where(keeper.frames[0]) if keeper.frames else "code that has no Python frame"
    return (
        f"{start}: {plain(name)} keeps the GIL in {place}, by a C call; no other thread of Python "
        "can run."
    )
