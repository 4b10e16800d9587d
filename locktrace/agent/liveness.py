"""Which holds are left behind: their function has returned, or their thread has ended."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from time import monotonic_ns
from types import FrameType

from locktrace.agent.ledger import Actor, Entry, Hold

COUNTING = "Semaphore"


def stacks_are_whole() -> bool:
    """Whether what is on no stack has ended: a greenlet that is switched out is on none."""
    return "greenlet" not in sys.modules


def find_left_behind(
    entries: Iterable[Entry],
    actors: Iterable[Actor],
    known: set[int],
    settled_ns: int,
) -> list[Hold]:
    """The holds at least `settled_ns` old, not yet `known`, whose answerable frame is gone.

    A look at the stacks proves absence only: a frame at the recorded address may be a later
    one. So what is once proved stays so, and the next look may prove what this one could not.
    """
    now = monotonic_ns()
    frames = sys._current_frames()
    whole = stacks_are_whole()
    _mark_ended(actors, frames)
    running: dict[int, set[tuple[int, int]]] = {}
    found = []
    for entry in entries:
        repeated = _repeated(entry)
        for hold in list(entry.holds):
            if not hold.frame_id or not hold.stack.judgeable:
                continue
            if hold.id in known or now - hold.since < settled_ns:
                continue
            ident = hold.actor.ident
            if ident not in running:
                running[ident] = _activations(frames.get(ident))
            if not hold.actor.ended and (
                hold.id in repeated or (whole and _activation(hold) not in running[ident])
            ):
                found.append(hold)
    frames.clear()  # our own frame is in there: a cycle that would keep the entries alive
    return found


def _repeated(entry: Entry) -> set[int]:
    """Ids of the holds whose very acquire has been reached again, by the same actor, unreleased.

    The same instruction under the same callers in a frame at the same address: the function
    was called anew, or has gone round a loop. Either way that hold is left behind; but of a
    semaphore a loop may take many permits by design.
    """
    if entry.kind == COUNTING:
        return set()
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


def _activation(hold: Hold) -> tuple[int, int]:
    code, _offset = hold.stack.frames[hold.stack.site_index]
    return hold.frame_id, id(code)


def _activations(frame: FrameType | None) -> set[tuple[int, int]]:
    """(address of the frame, address of its code) for each frame outwards."""
    found = set()
    while frame is not None:
        found.add((id(frame), id(frame.f_code)))
        frame = frame.f_back
    return found


def _mark_ended(actors: Iterable[Actor], frames: dict[int, FrameType]) -> None:
    for actor in actors:
        if actor.ident not in frames:
            actor.ended = True
