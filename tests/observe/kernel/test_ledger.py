"""What the engine's lines add up to."""

from __future__ import annotations

import pytest

from locktrace.observe.kernel.ledger import GIL, UNKNOWN, Edge, KernelLedger
from locktrace.observe.kernel.records import (
    Ended,
    Lost,
    Pending,
    Regained,
    Tally,
    Totals,
    Waited,
)

SECOND = 1_000_000_000
LOCK = 0x7000


PID = 6


@pytest.fixture
def ledger() -> KernelLedger:
    return KernelLedger(10 * SECOND)


def tally(
    waits: dict[int, Pending],
    at_ns: int = 12 * SECOND,
    spent: Totals | None = None,
    untold: int = 0,
) -> Tally:
    return Tally(at_ns, waits, spent or {}, {}, untold, rows=len(spent or {}))


def test_waits_are_those_of_the_last_look(ledger: KernelLedger) -> None:
    ledger.apply(tally({7: Pending(11 * SECOND, LOCK, 0), 8: Pending(12 * SECOND, GIL, 0)}))
    ledger.apply(tally({8: Pending(12 * SECOND, GIL, 0)}))
    assert ledger.waits == {8: Pending(12 * SECOND, GIL, 0)}


def test_a_wait_that_a_signal_ended_for_good_is_none(ledger: KernelLedger) -> None:
    waits = {7: Pending(11 * SECOND, LOCK, 12 * SECOND)}
    ledger.apply(tally(waits, 12 * SECOND + 1))
    assert 7 in ledger.waits
    ledger.apply(tally(waits, 13 * SECOND))
    assert 7 not in ledger.waits


def test_a_wait_from_before_lasts_until_it_is_left(ledger: KernelLedger) -> None:
    ledger.found({7: Pending(3 * SECOND, LOCK, 0)})
    ledger.apply(tally({}))
    assert ledger.waits == {7: Pending(3 * SECOND, LOCK, 0)}
    assert ledger.from_before == {7}
    ledger.left(7)
    assert not ledger.waits


@pytest.mark.parametrize("key", [LOCK, UNKNOWN])
def test_a_wait_from_before_that_is_interrupted_keeps_its_age(
    ledger: KernelLedger, key: int
) -> None:
    ledger.found({7: Pending(3 * SECOND, LOCK, 0)})
    ledger.apply(tally({7: Pending(10 * SECOND, key, 0)}))
    assert ledger.waits == {7: Pending(3 * SECOND, LOCK, 0)}
    assert ledger.from_before == {7}


def test_a_later_wait_of_the_same_thread_is_a_new_one(ledger: KernelLedger) -> None:
    ledger.found({7: Pending(3 * SECOND, LOCK, 0)})
    ledger.apply(tally({7: Pending(11 * SECOND, LOCK, 0)}))
    assert ledger.waits == {7: Pending(11 * SECOND, LOCK, 0)}
    assert not ledger.from_before


def test_a_thread_that_ends_waits_no_more(ledger: KernelLedger) -> None:
    ledger.found({6: Pending(3 * SECOND, LOCK, 0)})
    ledger.apply(tally({7: Pending(11 * SECOND, LOCK, 0)}))
    ledger.apply(Ended(PID, 6))
    ledger.apply(Ended(PID, 7))
    assert not ledger.waits


def test_who_wakes_whom_is_counted_where_it_is_known(ledger: KernelLedger) -> None:
    for waker in (8, 8, 0):
        ledger.apply(Waited(PID, 7, LOCK, 11 * SECOND, 12 * SECOND, waker, 0))
    assert dict(ledger.edges) == {Edge(LOCK, 8, 7): 2}
    assert ledger.longest == {LOCK: SECOND}


def test_a_wait_for_the_gil_after_a_long_wait_is_added_to_that_lock(ledger: KernelLedger) -> None:
    ledger.apply(Waited(PID, 7, LOCK, 11 * SECOND, 12 * SECOND, 8, 0))
    ledger.apply(Regained(PID, 7, 12 * SECOND, 12 * SECOND + 4000))
    assert ledger.gil_after == {LOCK: 4000}


def test_gil_shares_are_of_the_last_seconds(ledger: KernelLedger) -> None:
    for at, waited in ((11, 0), (12, SECOND // 2), (13, SECOND)):
        spent = {(7, GIL): (9, waited), (7, LOCK): (1, 9 * SECOND)}
        ledger.apply(tally({}, at * SECOND, spent))
    assert ledger.gil_shares() == {7: 0.5}
    for at in (16, 17):
        ledger.apply(tally({}, at * SECOND, spent))
    assert ledger.gil_shares() == {}


def test_what_was_not_told_is_counted(ledger: KernelLedger) -> None:
    ledger.apply(Lost(3))
    ledger.apply(Lost(4))
    ledger.apply(tally({}, untold=9))
    assert (ledger.lost, ledger.untold) == (7, 9)
