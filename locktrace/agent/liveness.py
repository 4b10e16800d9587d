"""Which holds are left behind: their function has returned, or their thread has ended."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from time import monotonic_ns
from types import FrameType

from locktrace.agent.ledger import Actor, Entry, Hold

SETTLED_NS = 50_000_000  # younger holds are business as usual and not worth a look


def mark(
    entries: Iterable[Entry], actors: Iterable[Actor], settled_ns: int = SETTLED_NS
) -> list[Hold]:
    """Mark the holds at least `settled_ns` old whose answerable frame is gone; returns those.

    A look at the stacks proves absence only: a frame at the recorded address may be a later
    one. So the mark is set once it is proved, never taken back, and the next look may prove
    what this one could not.
    """
    now = monotonic_ns()
    frames = sys._current_frames()
    _mark_ended(actors, frames)
    on_stack: dict[int, set[int]] = {}
    marked = []
    for entry in entries:
        repeated = _repeated(entry)
        for hold in list(entry.holds):
            if hold.returned or not hold.stack.judgeable or now - hold.since < settled_ns:
                continue
            ident = hold.actor.ident
            if ident not in on_stack:
                on_stack[ident] = _addresses(frames.get(ident))
            if not hold.actor.ended and (
                hold.id in repeated or hold.frame_id not in on_stack[ident]
            ):
                hold.returned = True
                marked.append(hold)
    return marked


def _repeated(entry: Entry) -> set[int]:
    """Ids of the holds whose very acquire has been reached again, by the same actor, unreleased.

    The same instruction under the same callers in a frame at the same address: the function
    was called anew, or has gone round a loop. Either way that hold is left behind.
    """
    seen = set()
    for actor in {hold.actor for hold in list(entry.holds)}:
        for wait in list(actor.waits):
            if wait.entry is entry:
                seen.add((actor.id, wait.stack.id, wait.frame_id))
    found = set()
    for hold in reversed(list(entry.holds)):
        acquire = (hold.actor.id, hold.stack.id, hold.frame_id)
        if acquire in seen:
            found.add(hold.id)
        seen.add(acquire)
    return found


def _addresses(frame: FrameType | None) -> set[int]:
    found = set()
    while frame is not None:
        found.add(id(frame))
        frame = frame.f_back
    return found


def _mark_ended(actors: Iterable[Actor], frames: dict[int, FrameType]) -> None:
    for actor in actors:
        if actor.ident not in frames:
            actor.ended = True
