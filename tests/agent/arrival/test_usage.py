"""What the code tells of locks of before: their names, and where they are taken."""

from __future__ import annotations

import pytest

from locktrace.model import Lock, Mode
from locktrace.view import View
from tests.agent.arrival.conftest import PYTHONS, arrived, waits_of
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import interpreters, observed, running, until

pytestmark = NEEDS_C_CORE


def wanted(view: View) -> Lock | None:
    """The lock that the thread `waiter` waits for."""
    waits = waits_of(view.snapshot, "waiter")
    return view.snapshot.locks[waits[0].lock] if waits else None


@pytest.mark.parametrize("version", PYTHONS)
def test_a_lock_that_first_matters_afterwards_has_the_name_that_the_code_has_for_it(
    version: str,
) -> None:
    with (
        running("late", "idle", python=interpreters()[version], trace=False) as target,
        observed(target) as session,
    ):
        target.expect("ready")
        target.tell("contend")
        view = until(session, lambda view: wanted(view) is not None, "the wait")
        lock = wanted(view)
        assert lock is not None
        assert lock.name == "Server.table_lock"


@pytest.mark.parametrize("version", PYTHONS)
def test_a_lock_that_nobody_is_known_to_hold_has_the_places_that_take_it(version: str) -> None:
    with arrived("stall:taken_away", version) as (_, snapshot):
        [wait] = waits_of(snapshot, "waiter")
        sites = snapshot.locks[wait.lock].acquire_sites
        assert "Server.take_away" in {site.function for site in sites}
        assert not any(site.function == "Server.with_rlock" for site in sites)
        assert all(site.file.endswith("late.py") and site.line > 0 for site in sites)


@pytest.mark.parametrize("version", PYTHONS)
def test_of_a_registered_read_write_lock_both_sides_and_the_places_that_take_it_are_told(
    version: str,
) -> None:
    with arrived("story", version) as (_, snapshot):
        waits = {
            snapshot.actors[wait.actor].name: wait
            for wait in snapshot.waits
            if snapshot.locks[wait.lock].kind == "RWMutex"
        }
        assert {name: wait.mode for name, wait in waits.items()} == {
            "writer": Mode.EXCLUSIVE,
            "waiter": Mode.SHARED,
        }
        lock = snapshot.locks[waits["writer"].lock]
        assert lock.name == "Table.lock"
        assert {site.function for site in lock.acquire_sites} == {"look_up", "read", "reload"}
        parts = {part.name for part in snapshot.locks.values() if part.parent == lock.id}
        assert parts == {"Table.lock._readers_admitted", "Table.lock._writer_turn"}


@pytest.mark.parametrize("version", PYTHONS)
def test_of_a_lock_whose_holder_is_known_nothing_is_looked_for(version: str) -> None:
    with arrived("stall:with_lock", version) as (_, snapshot):
        [wait] = waits_of(snapshot, "waiter")
        assert snapshot.locks[wait.lock].acquire_sites == ()
