"""Who has held a lock since before the agent came, in every form in which a lock can be held."""

from __future__ import annotations

import linecache
from collections.abc import Iterator

import pytest

from locktrace.model import Certainty, Site, Snapshot
from tests.agent.arrival.conftest import PYTHONS, arrived, holds_of, waits_of
from tests.agent.conftest import NEEDS_C_CORE

pytestmark = NEEDS_C_CORE

WITH = "with self.table_lock:"
THREE = "with self.table_lock as _, self.stats_lock, self.changed:"
FORMS = {
    "with_lock": [("Lock", "Server.with_lock", WITH)],
    "with_rlock": [("RLock", "Server.with_rlock", "with self.stats_lock, self.stats_lock:")],
    "with_condition": [("RLock", "Server.with_condition", "with self.changed:")],
    "with_semaphore": [("Semaphore", "Server.with_semaphore", "with self.permits:")],
    "in_a_generator": [("Lock", "Server.numbers", WITH)],
    "in_a_coroutine": [("Lock", "Server.coroutine", WITH)],
    "nested": [
        ("Lock", "Server.nested", WITH),
        ("RLock", "Server.nested", "with self.stats_lock:"),
    ],
    "multiple": [(kind, "Server.multiple", THREE) for kind in ("Lock", "RLock", "RLock")],
    "in_an_exit_stack": [
        (kind, "Server.in_an_exit_stack", "with contextlib.ExitStack() as stack:")
        for kind in ("Lock", "RLock")
    ],
    "in_a_context_manager": [("Lock", "Server.in_a_context_manager", "with self.locked():")],
    "in_a_class_body": [
        ("Lock", "Server.in_a_class_body.<locals>._Body", "with server.table_lock:")
    ],
    "in_a_loop": [("Lock", "Server.in_a_loop", WITH)],
    "in_try_finally": [("Lock", "Server.in_try_finally", WITH)],
    "in_a_match": [("Lock", "Server.in_a_match", "with lock:")],
    "in_a_comprehension": [("Lock", "Server.in_a_comprehension", WITH)],
    "in_a_lambda": [("Lock", "Server.in_a_lambda", WITH)],
    "in_a_big_function": [("Lock", "big", "")],
    "under_a_tracer": [("Lock", "Server.under_a_tracer", WITH)],
    "under_a_monitor": [("Lock", "Server.under_a_monitor", WITH)],
    "when_hot": [("Lock", "Server.when_hot", WITH)],
    "in_a_generator_that_rests": [("Lock", "Server.numbers_while_resting", WITH)],
    "after_a_release": [],
    "failed": [],
}


BARE = {
    "bare": "self.table_lock.acquire()",
    "tried": "if self.table_lock.acquire(blocking=False):",
}


@pytest.fixture(scope="module", params=PYTHONS)
def snapshot(request: pytest.FixtureRequest) -> Iterator[Snapshot]:
    """The first picture of a process that has a thread for each form."""
    forms = ",".join((*FORMS, *BARE, "taken_elsewhere"))
    with arrived(f"holds:{forms}", request.param) as (_, snapshot):
        yield snapshot


def line_of(site: Site | None) -> str:
    line = linecache.getline(site.file, site.line) if site is not None else ""
    return line.partition("  # noqa")[0].strip()


@pytest.mark.parametrize("form", FORMS)
def test_a_with_block_names_its_holder_and_its_line_for_certain(
    form: str, snapshot: Snapshot
) -> None:
    holds = holds_of(snapshot, form)
    told = [
        (snapshot.locks[hold.lock].kind, hold.site.function, line_of(hold.site))
        for hold in holds
        if hold.site is not None
    ]
    assert sorted(told) == sorted(FORMS[form])
    assert all(hold.found and hold.certainty is Certainty.HELD_BY for hold in holds)
    assert not any(hold.returned for hold in holds)


@pytest.mark.parametrize("form", BARE)
def test_of_a_bare_acquire_the_holder_is_likely(form: str, snapshot: Snapshot) -> None:
    [hold] = holds_of(snapshot, form)
    assert hold.certainty is Certainty.LIKELY
    assert hold.found
    assert line_of(hold.site) == BARE[form]


def test_the_owner_of_an_rlock_is_certain_wherever_it_was_taken(snapshot: Snapshot) -> None:
    [hold] = holds_of(snapshot, "taken_elsewhere")
    assert snapshot.locks[hold.lock].kind == "RLock"
    assert hold.certainty is Certainty.HELD_BY
    assert hold.site is None


def test_locks_are_called_what_the_code_calls_them(snapshot: Snapshot) -> None:
    def names(form: str) -> list[str]:
        return [snapshot.locks[h.lock].name.partition(" #")[0] for h in holds_of(snapshot, form)]

    assert names("with_lock") == ["Server.table_lock"]
    assert names("with_condition") == ["Server.changed._lock"]
    assert names("in_a_match") == ["Server.in_a_match.lock"]
    assert names("in_a_class_body") == ["Server.table_lock"]
    assert names("bare") == ["Server.table_lock"]
    events = {snapshot.locks[w.lock].name for w in waits_of(snapshot, "with_lock")}
    assert events == {"late.GO_ON", "late.GO_ON._cond"}
