"""Where an observer's frames come from."""

from __future__ import annotations

from typing import Protocol

from locktrace.model import Present, Process, Snapshot

Frame = tuple[int, bytes]


class Source(Protocol):
    """A stream of wire frames about one process."""

    process: Process
    clock_offset_ns: int
    """Our CLOCK_MONOTONIC less the target's; 0 unless it is in a time namespace."""

    def receive(self, timeout: float) -> list[Frame]:
        """The frames that have come, waiting at most `timeout` seconds for the first.

        TargetLostError, with the reason in a sentence, when no more will come.
        """
        ...

    def ask(self, what: str) -> None:
        """Request `ledger` or `stacks`; the answer comes by `receive`."""
        ...

    def close(self) -> None: ...


class State(Protocol):
    """What the frames of a source add up to. Times are by the target's clock, 0: never."""

    present: Present | None
    """The stacks that were asked for; None until they have come."""

    @property
    def files(self) -> frozenset[str]:
        """The source files that have come up in it."""
        ...

    @property
    def heard_ns(self) -> int:
        """When the target was last heard of."""
        ...

    @property
    def ledger_ns(self) -> int:
        """When the picture was first or last complete."""
        ...

    def apply(self, kind: int, payload: bytes) -> None:
        """Take in one frame; FrameError if it has no sense."""
        ...

    def snapshot(self, now_ns: int) -> Snapshot:
        """The picture at `now_ns`."""
        ...
