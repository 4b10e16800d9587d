"""Percentiles are read from counts by powers of two."""

from __future__ import annotations

import random

import pytest

from locktrace.agent.ledger import BUCKETS, count_duration
from locktrace.durations import MOST_COUNTS, SHORT_NS, Durations

SECOND = 1_000_000_000


def counted(lasted: list[int]) -> Durations:
    times = [0] * (BUCKETS + 1)
    for ns in lasted:
        count_duration(times, ns)
    return Durations.from_times(times)


def test_a_percentile_is_at_most_twice_off() -> None:
    chance = random.Random(3)
    lasted = sorted(int(10 ** chance.uniform(3.4, 8.5)) for _ in range(5000))
    times = counted(lasted)
    for share in (0.5, 0.9, 0.99):
        exact = lasted[int(share * len(lasted))]
        assert exact / 2 <= times.percentile(share) <= 2 * exact
    assert times.percentile(1.0) == times.longest_ns == lasted[-1]
    assert times.total == len(lasted)


def test_what_is_short_is_told_as_less_than_two_microseconds() -> None:
    times = counted([100, 200, 1500])
    assert 0 < times.percentile(0.99) <= SHORT_NS
    assert times.longest_ns == 0


def test_the_last_bucket_has_all_that_lasted_longer() -> None:
    times = counted([3600 * SECOND, 60 * SECOND])
    assert len(times.counts) == MOST_COUNTS
    assert times.counts[-1] == 2
    assert times.percentile(1.0) == times.longest_ns == 3600 * SECOND


def test_nothing_has_lasted_for_no_time() -> None:
    assert Durations().percentile(0.5) == 0


@pytest.mark.parametrize("nonsense", [[], [1, -1], [0] * 30, ["x"]])
def test_nonsense_is_refused(nonsense: list[int]) -> None:
    with pytest.raises(ValueError, match=r"durations|unpack|literal"):
        Durations.from_times(nonsense)


def test_durations_of_several_locks_are_counted_together() -> None:
    both = Durations.together([Durations((1, 2), 4000), Durations((3, 0, 5), 9000), Durations()])
    assert both == Durations((4, 2, 5), 9000)
