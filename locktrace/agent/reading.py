"""The contract between a core, which keeps the ledger, and the publisher, which reads it out.

Rows are plain tuples in the order in which the wire has them, so that a core may build them
in C. A method returns what is true at one instant; none blocks or changes what it reports,
but for the `drain_` methods and `look`. Only the publisher's thread calls them.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from locktrace.agent.ledger import Label, Stack

SETTLED_NS = 50_000_000  # younger holds are business as usual and not worth a look
MAX_BATCH = 8192  # events in one frame

Times = tuple[int, ...]
"""How long something has lasted: the longest in ns (0: all were short), then how many lasted less
than 2,048 ns, less than twice that, and so on; the 21st has all that lasted longer."""

TotalsRow = tuple[int, int, int, int, int, int, int, Times, Times]
"""lock, acquisitions, contended, wait ns, hold ns, foreign releases, unlisted holds, how long the
holds lasted that are over, and the waits"""

HoldRow = tuple[int, int, int, int, int, int, str, int, int]
"""hold, lock, shared, actor, stack, since ns, label, leaked, flags of `wire.events`"""

WaitRow = tuple[int, int, int, int, int, int, str, int, int, int]
"""wait, lock, shared, actor, stack, since ns, label, timed, address of the lock it blocks in,
flags of `wire.events`"""


class LockRow(NamedTuple):
    """A lock worth telling observers of; `stack` made it, None if that was before tracing.

    `address` is that of the interpreter's lock object, 0 for what is not one. `os_name` is the
    operating system's, by which processes share the lock; None if they do not, or not known.
    `handle` is where a semaphore of the operating system lies in memory, 0 for what is none.
    """

    id: int
    kind: str
    stack: Stack | None
    parent: int | None
    address: int
    os_name: str | None = None
    handle: int = 0


class ActorRow(NamedTuple):
    """A thread that has touched a lock, `ident` being what `threading` knows it by; or a task,
    which has a `name`, and the ids of the thread that runs it."""

    id: int
    ident: int
    native_id: int
    label: str
    ended: bool
    name: str | None = None


class Batch(NamedTuple):
    """At most MAX_BATCH events as `wire.events` records, and what they name."""

    payload: bytes
    stacks: set[int]
    actors: set[int]
    destroyed: list[int]


class Look(NamedTuple):
    """What a look at the threads' present stacks has found since the last one."""

    returned: list[int]
    """holds whose answerable function has returned"""
    ended: list[int]
    """actors whose thread has ended"""


class Ledger(Protocol):
    """What a core offers to the publisher."""

    name: str
    note: str
    """Why the C core cannot serve here, where nobody has asked for this one; or empty."""

    def listen(self, on: bool) -> None:
        """Queue events from now on, or no longer; what was queued before is forgotten."""
        ...

    def locks(self) -> list[LockRow]:
        """Every lock that observers are told of, in the order of their ids."""
        ...

    def totals(self) -> list[TotalsRow]:
        """The totals of the same locks."""
        ...

    def holds(self) -> list[HoldRow]: ...

    def waits(self) -> list[WaitRow]: ...

    def actors(self) -> list[ActorRow]:
        """Those that there are, and those that have ended and are not forgotten yet."""
        ...

    def stack(self, id: int) -> Stack:
        """The stack of that id, which a hold, a wait or an event has named."""
        ...

    def given_name(self, id: int) -> str:
        """What lock `id` was named by `Recorder.call`, or nothing."""
        ...

    def drain_events(self) -> tuple[list[Batch], int]:
        """The events since the last call, oldest first, and how many of them were lost."""
        ...

    def drain_births(self) -> list[LockRow]:
        """The locks to tell of that have come since the last call; some may be known already."""
        ...

    def drain_labels(self) -> list[Label]:
        """The labels given since the last call."""
        ...

    def look(self, settled_ns: int = SETTLED_NS) -> Look:
        """Find out who has left behind holds of at least that age: see `liveness`."""
        ...

    def forget_holds(self) -> None:
        """Tracing stops: releases will not be seen any more, so no hold can be vouched for."""
        ...

    def forked(self) -> None:
        """In a forked child: only the calling thread lives on; what others held stays held."""
        ...
