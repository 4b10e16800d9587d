"""How long something has lasted, many times: a histogram by powers of two, and its percentiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

SHORT_NS = 2048
"""What lasted less is in the first bucket; each further bucket reaches twice as far."""


MOST_COUNTS = 21
"""The last bucket has all that lasted longer."""


@dataclass(frozen=True, slots=True)
class Durations:
    """`counts` by powers of two from SHORT_NS up, and the longest in ns (0: none reached that)."""

    counts: tuple[int, ...] = ()
    longest_ns: int = 0

    @classmethod
    def from_times(cls, times: Sequence[int]) -> Durations:
        """As the wire has it: the longest, then the counts."""
        longest, *counts = (int(number) for number in times)
        if len(counts) > MOST_COUNTS or min(longest, *counts) < 0:
            raise ValueError("these are no durations")
        return cls(tuple(counts), longest)

    @classmethod
    def together(cls, several: Iterable[Durations]) -> Durations:
        """What they all have counted."""
        counts: list[int] = []
        longest = 0
        for each in several:
            counts = [a + b for a, b in zip_longest(counts, each.counts, fillvalue=0)]
            longest = max(longest, each.longest_ns)
        return cls(tuple(counts), longest)

    @property
    def total(self) -> int:
        return sum(self.counts)

    def percentile(self, share: float) -> int:
        """The ns that a `share` (0 to 1) of them did not exceed, even within a bucket; or 0."""
        wanted = share * self.total
        reached = 0
        for bucket, count in enumerate(self.counts):
            if count and reached + count >= wanted:
                low, high = self._bounds(bucket)
                return int(low + (high - low) * max(0.0, wanted - reached) / count)
            reached += count
        return self.longest_ns

    def _bounds(self, bucket: int) -> tuple[int, int]:
        low = SHORT_NS << (bucket - 1) if bucket else 0
        high = SHORT_NS << bucket if bucket + 1 < MOST_COUNTS else self.longest_ns
        return low, max(low, min(high, self.longest_ns) if self.longest_ns > low else high)


NO_DURATIONS = Durations()
