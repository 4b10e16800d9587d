"""The agent's ledger beside the kernel's: which waits both know, and which only one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from locktrace.kernel_view import Dispute
from locktrace.model import Snapshot, Wait
from locktrace.observe.kernel.ledger import GIL
from locktrace.observe.kernel.records import Pending

LASTING_NS = 1_000_000_000
"""Before a wait is as old as this, the two may just not have heard of the same thing yet."""


@dataclass(frozen=True, slots=True)
class Disputed:
    """A wait that one witness has and the other has not."""

    dispute: Dispute
    actor: int
    lock: int
    since_ns: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`confirmed` has the ids of the agent's waits; `matched` the lock of each thread's wait."""

    confirmed: tuple[int, ...]
    matched: Mapping[int, int]
    disputed: tuple[Disputed, ...]


def compare(
    agent: Snapshot,
    waits: Mapping[int, Pending],
    *,
    at_ns: int,
    listed: Mapping[int, int],
    actor_of: Callable[[int], int],
    futex_of: Callable[[Wait], int],
) -> Comparison:
    """Match by thread and futex; `waits` and `listed` are the kernel's threads and futexes.

    Where the agent cannot tell the futex (it is a compound primitive's, and the core is the
    Python one), that the thread waits in one at all is as much as can be confirmed.
    """
    by_actor = {actor_of(thread): (thread, wait) for thread, wait in waits.items()}
    told = _by_thread(agent)
    confirmed: list[int] = []
    matched: dict[int, int] = {}
    disputed: list[Disputed] = []
    for actor, theirs in told.items():
        thread, seen = by_actor.get(actor, (0, None))
        for wait in theirs:
            futex = futex_of(wait)
            if seen is not None and seen.key != GIL and futex in {0, seen.key}:
                confirmed.append(wait.id)
                matched[thread] = wait.lock  # of nested waits the innermost is told last
            elif seen is None and at_ns - wait.since_ns >= LASTING_NS:
                disputed.append(Disputed(Dispute.UNSEEN, actor, wait.lock, wait.since_ns))
    for actor, (_, seen) in by_actor.items():
        lock = listed.get(seen.key)
        if lock is not None and actor not in told and at_ns - seen.since_ns >= LASTING_NS:
            disputed.append(Disputed(Dispute.UNLISTED, actor, lock, seen.since_ns))
    return Comparison(tuple(confirmed), matched, tuple(disputed))


def _by_thread(agent: Snapshot) -> dict[int, list[Wait]]:
    """The waits of each thread; a task that waits leaves its thread to others."""
    told: dict[int, list[Wait]] = {}
    for wait in agent.waits:
        actor = agent.actors.get(wait.actor)
        if actor is not None and actor.kind == "thread":
            told.setdefault(actor.id, []).append(wait)
    return told
