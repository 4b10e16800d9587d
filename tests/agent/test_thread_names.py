"""A thread that nobody saw alive is still called by its name."""

from __future__ import annotations

import _thread
import threading

import pytest

from locktrace.agent.primitives import thread
from tests.agent.conftest import Tracing
from tests.support import eventually, observed, running, until


@pytest.mark.parametrize("core", ["c", "py"])
def test_a_thread_that_ended_before_it_was_observed_has_its_name(core: str) -> None:
    with running("ended_holder", LOCKTRACE_CORE=core) as target:
        target.expect("ended")
        with observed(target) as session:
            view = until(session, lambda view: bool(view.findings), "the leak")
    [hold] = view.snapshot.holds
    assert view.snapshot.actors[hold.actor].name == "importer"
    assert "importer" in view.findings[0].message


def test_a_thread_that_has_come_and_gone_before_its_start_returns_has_its_name(
    tracing: Tracing,
) -> None:
    thread.patch(tracing.patches)
    seen: list[str] = []
    worker = threading.Thread(
        target=lambda: seen.append(thread.started_name(threading.get_native_id())), name="importer"
    )
    started = worker._started.wait  # type: ignore[attr-defined]
    worker._started.wait = lambda: started() and eventually(lambda: seen)  # type: ignore[attr-defined]
    worker.start()
    worker.join()
    assert seen == ["importer"]


def test_a_thread_that_threading_did_not_start_has_none(tracing: Tracing) -> None:
    thread.patch(tracing.patches)
    seen: list[tuple[str, str]] = []

    def work() -> None:
        own = threading.current_thread().name
        seen.append((own, thread.started_name(threading.get_native_id())))

    _thread.start_new_thread(work, ())
    [(own, started)] = eventually(lambda: seen)
    assert own.startswith("Dummy-")
    assert started == ""
