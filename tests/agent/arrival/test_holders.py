"""Who has held a lock since before the agent came, in every form in which a lock can be held."""

from __future__ import annotations

import linecache
from collections.abc import Iterator

import pytest

from locktrace.model import Certainty, Site, Snapshot
from tests.agent.arrival.conftest import PYTHONS, arrived, holds_of
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
    "after_a_release": [],
}


@pytest.fixture(scope="module", params=PYTHONS)
def snapshot(request: pytest.FixtureRequest) -> Iterator[Snapshot]:
    """The first picture of a process that has a thread for each form."""
    with arrived("holds:" + ",".join(FORMS), request.param) as (_, snapshot):
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
