"""The contract between the primitives, which see lock operations, and a core, which records them.

There are two cores: Python (`python_core`) and C (`csrc`). A primitive knows only this file.
What the publisher reads out of a core is the other contract, `reading`.

The order is part of the contract, because it is what keeps the ledger true without a lock:

- try the real acquire without blocking first; on success call `acquired`;
- otherwise call `waiting` before blocking and `waited` after, whatever came of it, then
  `acquired` when the lock was got;
- call `released` *before* the real release, and `restore` if the real release then failed;
- `frame` is the caller's frame, the tracer's own left out.

No method raises for what the target does, blocks, takes a lock or logs. An exception that
does come out of one is the tracer's own fault or arrived from a signal handler: see `faults`.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, Protocol

from locktrace.agent.ledger import Label

# Opaque to the primitives; each core has its own, and ignores those of the other.
Entry = Any
Hold = Any
Wait = Any


class Recorder(Protocol):
    """What a core offers to the primitives."""

    def create(self, kind: str, frame: FrameType | None, /) -> Entry | None:
        """A new lock of `kind`; `frame` is None when it existed before tracing began.

        None for a lock that is not to be traced.
        """
        ...

    def acquired(self, entry: Entry, shared: bool, frame: FrameType, /) -> None:
        """The calling thread now holds the lock."""
        ...

    def acquired_again(self, entry: Entry, frame: FrameType, depth: int, /) -> None:
        """As `acquired` for a lock that its holder may take again, taken `depth` times at once."""
        ...

    def released(self, entry: Entry, shared: bool, /) -> Hold | None:
        """The calling thread is about to release; the hold that ends, None if none is known."""
        ...

    def released_again(self, entry: Entry, depth: int, /) -> Hold | None:
        """As `released`, undoing `depth` levels of `acquired_again`; None while some remain."""
        ...

    def restore(self, entry: Entry, hold: Hold | None, /) -> None:
        """The release that `hold` was given up for has failed: put it back."""
        ...

    def waiting(self, entry: Entry, shared: bool, timed: bool, frame: FrameType, /) -> Wait:
        """The calling thread is about to block; `timed` if it gives up by itself."""
        ...

    def waited(self, wait: Wait, /) -> None:
        """That wait is over, with the lock or without."""
        ...

    def build(self, entry: Entry | None, /) -> Entry | None:
        """Locks that the calling thread creates from now on are inner locks of `entry`.

        `ledger.HIDDEN`: they are not traced. Returns what it was before.
        """
        ...

    def relabel(self, text: str, /) -> Label:
        """Give the calling thread a label; returns the one it had."""
        ...

    def put_label(self, label: Label, /) -> None:
        """Give the calling thread a label that it has had before."""
        ...
