"""Acquisitions per second, from running totals."""

from __future__ import annotations

from dataclasses import replace

from locktrace.model import Lock

WEIGHT = 0.5  # of the newest interval; ticks come four times a second
NEGLIGIBLE = 0.05  # per second


class Rates:
    """An exponentially weighted rate for each lock whose total moves."""

    def __init__(self) -> None:
        self._totals: dict[int, int] = {}
        self._fresh: dict[int, int] = {}
        self._rates: dict[int, float] = {}
        self._ticked_ns = 0

    def count(self, lock: int, acquisitions: int) -> None:
        """`lock` has been acquired so many times in all."""
        before = self._totals.get(lock)
        self._totals[lock] = acquisitions
        if before is not None and acquisitions > before:
            self._fresh[lock] = self._fresh.get(lock, 0) + acquisitions - before

    def tick(self, now_ns: int) -> None:
        """The counts since the last tick are complete."""
        seconds = (now_ns - self._ticked_ns) / 1e9
        if self._ticked_ns and seconds > 0:
            for lock in self._rates.keys() | self._fresh.keys():
                newest = self._fresh.get(lock, 0) / seconds
                before = self._rates.get(lock, newest)
                self._rates[lock] = WEIGHT * newest + (1 - WEIGHT) * before
            self._rates = {k: rate for k, rate in self._rates.items() if rate > NEGLIGIBLE}
        self._fresh.clear()
        self._ticked_ns = now_ns

    def dress(self, lock: Lock) -> Lock:
        """`lock` with its present rate."""
        rate = self._rates.get(lock.id, 0.0)
        return lock if rate == lock.rate else replace(lock, rate=rate)

    def forget(self, lock: int) -> None:
        self._totals.pop(lock, None)
        self._rates.pop(lock, None)
