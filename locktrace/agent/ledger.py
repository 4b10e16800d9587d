"""The agent's always-current table: who holds what, who waits for what, and per-lock totals.

Every change is one operation that the interpreter does atomically (a list append, a slot
store), so there is no lock of ours that a finalizer or a signal handler could find taken.
"""

from __future__ import annotations

from types import CodeType
from typing import NamedTuple

Label = tuple[int, str]
NO_LABEL: Label = (0, "")

MAX_LISTED_HOLDS = 4096  # per lock; a leak goes on for ever, the ledger must not


SHORT_BITS = 11  # less than 2 us is short
BUCKETS = 21


def count_duration(times: list[int], ns: int) -> None:
    """Count what lasted `ns` in `times`: the longest that was not short, then by powers of two."""
    if ns > times[0] and ns >> SHORT_BITS:
        times[0] = ns
    times[min(BUCKETS, (ns >> SHORT_BITS).bit_length() + 1)] += 1


class Stack:
    """An interned call stack: (code, offset) pairs, innermost first.

    `site_index` is the frame answerable for a release, `site_steps` the way to it in frames,
    the tracer's own counted. `judgeable` says whether that frame's end proves a leak;
    `late_releases` counts holds that were released after it all the same.
    """

    __slots__ = ("frames", "id", "judgeable", "late_releases", "site_index", "site_steps")

    def __init__(
        self, id: int, frames: tuple[tuple[CodeType, int], ...], site_index: int, judgeable: bool
    ) -> None:
        self.id = id
        self.frames = frames
        self.site_index = site_index
        self.site_steps = 0
        self.judgeable = judgeable
        self.late_releases = 0


class Scope:
    """That a thread builds `entry`."""

    __slots__ = ("entry",)

    def __init__(self, entry: Entry | None) -> None:
        self.entry = entry


class Actor:
    """A thread, or a task: then it has a `name`, and `ident` is the thread that runs it.

    `scopes` are the compound primitives whose constructors it is in, innermost last, `manner` the
    flags of the acquire that is told next: see `Recorder.attempting`.
    """

    __slots__ = (
        "__weakref__",
        "ended",
        "id",
        "ident",
        "label",
        "manner",
        "name",
        "native_id",
        "scopes",
        "waits",
    )

    def __init__(self, id: int, ident: int, native_id: int, name: str | None = None) -> None:
        self.id = id
        self.name = name
        self.ident = ident
        self.native_id = native_id
        self.label = NO_LABEL
        self.waits: list[Wait] = []
        self.scopes: list[Scope] = []
        self.manner = 0
        self.ended = False


class Entry:
    """One traced lock.

    `parent` is the compound primitive whose inner lock it is; `depth` counts how often the
    holder of a re-entrant one has taken it; `unlisted` counts holds beyond MAX_LISTED_HOLDS,
    `surplus` permits that were given before anybody had taken them. `address` is that of the
    interpreter's lock object, 0 for what is not one. A `quiet` one is not told of before
    somebody waits for it, or holds it for long.
    """

    __slots__ = (
        "__weakref__",
        "acquisitions",
        "address",
        "contended",
        "depth",
        "foreign_releases",
        "hold_ns",
        "hold_times",
        "holds",
        "id",
        "kind",
        "parent",
        "quiet",
        "stack",
        "surplus",
        "unlisted",
        "wait_ns",
        "wait_times",
    )

    def __init__(self, id: int, kind: str, stack: Stack | None, parent: Entry | None) -> None:
        self.id = id
        self.kind = kind
        self.stack = stack
        self.parent = parent
        self.address = 0
        self.holds: list[Hold] = []
        self.depth = 0
        self.unlisted = 0
        self.surplus = 0
        self.quiet = False
        self.acquisitions = 0
        self.contended = 0
        self.wait_ns = 0
        self.hold_ns = 0
        self.hold_times = [0] * (BUCKETS + 1)
        self.wait_times = [0] * (BUCKETS + 1)
        self.foreign_releases = 0


HIDDEN = Entry(0, "", None, None)
"""As the parent of a new lock: that lock is the interpreter's own affair and is not traced."""


class Hold(NamedTuple):
    """A lock held by an actor. `frame_id` is the address of the frame answerable for it.

    `flags` are those of `wire.events` that say that it was there when the agent came.

    A frame object stays at its address for as long as its function runs, so a live stack
    without that address proves that the function has returned; its presence proves nothing.
    0: no frame is, as for what a task holds, or a thread holds by existing.
    """

    id: int
    actor: Actor
    shared: bool
    stack: Stack
    frame_id: int
    since: int
    label: Label
    flags: int = 0


class Wait:
    """An actor blocked in an acquire, or about to be; `frame_id` and `flags` as for a hold."""

    __slots__ = (
        "actor",
        "entry",
        "flags",
        "frame_id",
        "id",
        "label",
        "shared",
        "since",
        "stack",
        "timed",
    )

    def __init__(
        self,
        id: int,
        entry: Entry,
        actor: Actor,
        shared: bool,
        timed: bool,
        stack: Stack,
        frame_id: int,
        since: int,
    ) -> None:
        self.id = id
        self.entry = entry
        self.actor = actor
        self.shared = shared
        self.timed = timed
        self.stack = stack
        self.frame_id = frame_id
        self.since = since
        self.label = actor.label
        self.flags = 0
