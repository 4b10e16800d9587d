"""How long something must last before a detector speaks of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """All in seconds."""

    stall_after: float = 3.0
    """A wait this long is a stall, and a thread that waits for itself this long is stuck."""

    leak_after: float = 1.0
    """A hold whose function has returned is a leak once it is this old."""

    deadlock_after: float = 1.0
    """A ring of waits is a deadlock once its last wait is this old.

    Not for doubt of the ring, but of its holds: one of a function that has just returned is
    a leak, and the agent needs a moment to see that the function is gone.
    """

    long_hold_after: float = 10.0
    """A hold this old is worth a remark."""

    blocking_after: float = 1.0
    """A wait this long for a lock whose holder sleeps, or waits for something else, is told."""

    loop_after: float = 0.5
    """An event loop that waits this long for a thread's lock is blocked."""

    unresponsive_after: float = 4.0
    """A target that says nothing for so long is stopped, or something keeps its GIL.

    Heartbeats come every quarter of a second.
    """

    convoy_after: float = 3.0
    """Threads that queue for a lock again and again for so long are a convoy."""

    def by_option(self) -> dict[str, float]:
        """By the names that ``--threshold`` knows them by: ``long-hold-after``."""
        return {name.replace("_", "-"): seconds for name, seconds in asdict(self).items()}

    @property
    def pending_writer_after(self) -> float:
        """A writer that has waited this long, with readers blocked behind it, is worth a warning.

        Half of `stall_after`: a healthy write waits milliseconds, and two stalled parties
        (the writer, and everybody behind it) deserve an earlier word than one.
        """
        return self.stall_after / 2
