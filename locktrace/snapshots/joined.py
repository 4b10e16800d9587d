"""A stall snapshot with everything of an actor, and of a thread, at hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from locktrace.model import Hold, StallSnapshot, ThreadStack, Wait
from locktrace.snapshots.groups import is_live_thread


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

    def business_of(self, thread: ThreadStack) -> Business:
        """What the actor of this present stack holds and waits for."""
        actor = self.actor_of.get(thread.native_id)
        return self.business.get(actor, Business()) if actor is not None else Business()
