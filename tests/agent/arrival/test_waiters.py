"""What a thread has waited for since before the agent came."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from locktrace.model import Snapshot
from tests.agent.arrival.conftest import PYTHONS, arrived, waits_of
from tests.agent.conftest import NEEDS_C_CORE

pytestmark = NEEDS_C_CORE

WAITS = {
    "with": [("Lock", False)],
    "acquire": [("Lock", False)],
    "timed": [("Lock", True)],
    "keyword": [("Lock", True)],
    "unpacked": [("Lock", True)],
    "rlock": [("RLock", False)],
    "condition": [("Condition", False)],
    "condition timed": [("Condition", True)],
    "event": [("Event", False), ("Condition", False)],
    "queue": [("Queue", False), ("Condition", False)],
    "semaphore": [("Semaphore", False), ("Condition", False)],
    "semaphore timed": [("Semaphore", True), ("Condition", True)],
    "barrier": [("Barrier", False), ("Condition", False)],
    "join": [("Thread", False)],
    "future": [("Future", False), ("Condition", False)],
    "future timed": [("Future", True), ("Condition", True)],
    "exception": [("Future", False), ("Condition", False)],
    "simple queue": [("SimpleQueue", False)],
    "simple queue timed": [("SimpleQueue", True)],
}


@pytest.fixture(scope="module", params=PYTHONS)
def snapshot(request: pytest.FixtureRequest) -> Iterator[Snapshot]:
    """The first picture of a process that has a thread for each way to wait."""
    with arrived("waits", request.param) as (_, snapshot):
        yield snapshot


@pytest.mark.parametrize("way", WAITS)
def test_a_wait_is_told_with_what_it_is_for_and_whether_it_ends_by_itself(
    way: str, snapshot: Snapshot
) -> None:
    waits = waits_of(snapshot, way)
    told = [(snapshot.locks[wait.lock].kind, wait.timed) for wait in waits]
    assert sorted(told) == sorted(WAITS[way])
    assert all(wait.found for wait in waits)


def test_a_thread_that_is_joined_is_held_by_itself(snapshot: Snapshot) -> None:
    [wait] = waits_of(snapshot, "join")
    [hold] = [hold for hold in snapshot.holds if hold.lock == wait.lock]
    assert snapshot.actors[hold.actor].name == snapshot.locks[wait.lock].name == "joined"


def test_a_future_is_called_what_the_code_that_waits_calls_it(snapshot: Snapshot) -> None:
    names = {snapshot.locks[wait.lock].name for wait in waits_of(snapshot, "future timed")}
    assert names == {"Server.answer", "Server.answer._condition"}
