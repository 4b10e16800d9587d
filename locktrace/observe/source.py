"""Where an observer's frames come from."""

from __future__ import annotations

from typing import Protocol

from locktrace.model import Process

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
