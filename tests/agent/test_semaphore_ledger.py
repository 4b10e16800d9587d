"""A semaphore may be released before it is acquired, and acquired many times by one loop."""

from __future__ import annotations

import threading

import pytest

from locktrace.agent.primitives import semaphore
from tests.agent.conftest import Tracing


@pytest.fixture(autouse=True)
def _patched(tracing: Tracing) -> None:
    semaphore.patch(tracing.patches)


def test_a_permit_given_in_advance_is_no_hold_when_it_is_taken(tracing: Tracing) -> None:
    items = threading.Semaphore(0)
    items.release(3)
    for _ in range(3):
        items.acquire()
    assert tracing.holds("Semaphore") == []
    assert tracing.totals("Semaphore")["acquisitions"] == 3
    items.release()
    items.acquire()
    assert tracing.holds("Semaphore") == []


def test_a_release_that_fails_is_no_permit_in_advance(tracing: Tracing) -> None:
    items = threading.BoundedSemaphore(1)
    with pytest.raises(ValueError, match="too many"):
        items.release()
    items.acquire()
    assert len(tracing.holds("Semaphore")) == 1


def test_permits_taken_in_a_loop_are_not_left_behind(tracing: Tracing) -> None:
    permits = threading.Semaphore(3)
    for _ in range(3):
        permits.acquire()
    assert tracing.ledger.look(settled_ns=0).returned == []
    assert len(tracing.holds("Semaphore")) == 3
