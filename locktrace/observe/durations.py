"""How long the last holds and waits of each lock lasted, as percentiles."""

from __future__ import annotations

from collections import deque
from collections.abc import Container

from locktrace.model import Span

KEPT = 512  # of the last of each lock
MAX_LOCKS = 4096


class Durations:
    """The last durations of each lock; to `add` one is an append, as it is done for every hold."""

    def __init__(self) -> None:
        self._last: dict[int, deque[int]] = {}

    def add(self, lock: int, ns: int) -> None:
        """One hold or wait of `lock` has lasted `ns`."""
        last = self._last.get(lock)
        if last is not None:
            last.append(ns)
        elif len(self._last) < MAX_LOCKS:
            self._last[lock] = deque((ns,), KEPT)

    def forget(self, lock: int) -> None:
        self._last.pop(lock, None)

    def locks(self) -> Container[int]:
        """The locks of which something has lasted."""
        return self._last.keys()

    def spans(self, of: Container[int]) -> dict[int, Span]:
        """By lock, for those among `of`."""
        return {lock: _span(last) for lock, last in self._last.items() if lock in of}


def _span(last: deque[int]) -> Span:
    ordered = sorted(last)
    top = len(ordered) - 1
    half, nine_tenths, most = (ordered[round(top * share)] for share in (0.5, 0.9, 0.99))
    return Span(len(ordered), half, nine_tenths, most, ordered[top])
