"""A stall snapshot with everything of an actor, and of a thread, at hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from locktrace.model import Finding, Hold, StallSnapshot, ThreadStack, Wait
from locktrace.snapshots.groups import is_live_thread

SILENCE = "unresponsive"


def silence_of(stall: StallSnapshot) -> Finding | None:
    """The finding that the target gives no word, since its `since_ns`."""
    return next((finding for finding in stall.findings if finding.kind == SILENCE), None)


@dataclass(slots=True)
class Business:
    """What one actor, or a group of them, holds and waits for."""

    holds: list[Hold] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)


class Joined:
    """`business` and `stack_of` by actor, `actor_of` by OS thread id, which both are joined on."""

    def __init__(self, stall: StallSnapshot) -> None:
        self.stall = stall
        self.snapshot = stall.snapshot
        self.business: defaultdict[int, Business] = defaultdict(Business)
        for hold in stall.snapshot.holds:
            self.business[hold.actor].holds.append(hold)
        for wait in stall.snapshot.waits:
            self.business[wait.actor].waits.append(wait)
        self.actor_of: dict[int | None, int] = {
            actor.native_id: actor.id
            for actor in stall.snapshot.actors.values()
            if is_live_thread(actor)
        }
        self.stack_of: dict[int, ThreadStack] = {
            self.actor_of[thread.native_id]: thread
            for thread in stall.threads
            if thread.native_id in self.actor_of
        }

    def keep_all_others(self, threads: Iterable[ThreadStack]) -> bool:
        """Whether one of `threads` has the GIL, and for so long that nobody else runs."""
        return silence_of(self.stall) is not None and any(thread.owns_gil for thread in threads)

    def business_of(self, thread: ThreadStack) -> Business:
        """What the actor of this present stack holds and waits for."""
        actor = self.actor_of.get(thread.native_id)
        return self.business.get(actor, Business()) if actor is not None else Business()
