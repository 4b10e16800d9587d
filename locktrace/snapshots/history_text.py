"""What must be said where the observer's history has gaps."""

from __future__ import annotations

from locktrace.model import History

_LOST = (
    "events were dropped while this was observed, so what is told of the past (lock orders, "
    "recursive reads, blocking under a lock) is true, and may not be all"
)
_FULL = (
    "there were more lock orders, recursive reads or sites than are kept, so what is told of them "
    "is true, and not all"
)


def gaps_in(history: History) -> tuple[str, ...]:
    """A sentence for each reason for which something may be missing."""
    return (*([_LOST] if history.lost else []), *([_FULL] if history.full else []))
