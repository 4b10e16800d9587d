"""What a core takes in of what was found; the C core and the Python core each have theirs."""

from __future__ import annotations

from types import FrameType
from typing import Any, NamedTuple, Protocol

from locktrace.agent.arrival.slots import Slots


class Who(NamedTuple):
    """A thread, by the ids that the interpreter and the operating system know it by."""

    ident: int
    native_id: int


class FoundHold(NamedTuple):
    """`subject`, a lock or the entry of a compound, is held by `who` because of `frame`.

    `site` is the offset in it at which the lock was taken, -1 if that is not known; without a
    `frame` nothing is. `depth`: how often a re-entrant one was taken. `likely`: nothing proves
    that it is this thread. `alone`: the frame is suspended, and nobody has called it.
    """

    subject: Any
    who: Who
    frame: FrameType | None
    lasti: int
    site: int = -1
    shared: bool = False
    depth: int = 1
    likely: bool = False
    alone: bool = False


class FoundWait(NamedTuple):
    """`who` waits for `subject` in `frame`, which was called from `caller`.

    `inner`: other frames are further in. `depth`: how many levels or permits the thread has when
    the wait succeeds. `blocks_on` is the lock object in which it really blocks.
    """

    subject: Any
    who: Who
    caller: FrameType
    frame: FrameType
    lasti: int
    inner: bool
    shared: bool
    timed: bool
    depth: int
    blocks_on: object = None


class Intake(Protocol):
    """A core, as `arrival` sees it."""

    @property
    def slots(self) -> Slots: ...

    def threads(self) -> list[Who]:
        """The threads of this interpreter."""
        ...

    def frame_of(self, who: Who) -> FrameType | None:
        """The innermost frame of a thread, None if it has none any more."""
        ...

    def hold(self, found: FoundHold) -> bool:
        """Take in a hold; False if the frame has gone on, or the lock is known to be held."""
        ...

    def wait(self, found: FoundWait) -> bool:
        """Take in a wait; False if the frame has gone on."""
        ...

    def found(self, subject: Any) -> None:
        """The newest hold of an entry, or a wait, that the recorder was told of is a found one."""
        ...

    def name(self, subject: Any, name: str) -> None:
        """Call a lock or an entry so, unless it has a name."""
        ...

    def inside(self, entry: Any) -> Any:
        """Compounds met until `outside` of what this returns are parts of `entry`."""
        ...

    def outside(self, scope: Any) -> None:
        """What `inside` has begun is over."""
        ...
