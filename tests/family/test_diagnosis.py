"""What is wrong between processes, told where there is no time for a second look."""

from __future__ import annotations

from locktrace.diagnose import Thresholds
from locktrace.family.diagnosis import diagnose_standing
from tests.family.parts import held, lock, process, wanted

BOTH = [lock(1, "main.till", "0:1:7"), lock(2, "main.stock", "0:1:8")]


def ring_closed(seconds_ago: float) -> list[str]:
    """The kinds told of two processes that wait for each other's lock for `seconds_ago`."""
    _joint, found = diagnose_standing(
        [
            process(0, BOTH, holds=[held(1)], waits=[wanted(2, seconds_ago)]),
            process(1, BOTH, holds=[held(2)], waits=[wanted(1, seconds_ago)]),
        ],
        Thresholds(deadlock_after=1.0),
    )
    return [finding.kind for finding in found]


def test_a_ring_that_has_stood_for_long_is_told_after_one_look() -> None:
    assert ring_closed(seconds_ago=1.5) == ["deadlock"]


def test_a_ring_that_has_only_just_closed_is_not() -> None:
    assert ring_closed(seconds_ago=0.5) == []


def test_a_wait_for_a_lock_of_another_process_that_may_end_is_not() -> None:
    parts = [process(0, BOTH, holds=[held(1)]), process(1, BOTH, waits=[wanted(1)])]
    assert diagnose_standing(parts, Thresholds())[1] == ()
