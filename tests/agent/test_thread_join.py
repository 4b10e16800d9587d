"""A thread is a lock that it holds itself, once somebody waits for it."""

from __future__ import annotations

import pytest

from tests.agent.ledgers import holds, waits
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def test_a_join_waits_for_the_thread_which_holds_itself_until_it_ends(python: str) -> None:
    with running("threads_joined", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(session, lambda v: len(waits(v.snapshot, "Thread")) == 1)
            assert waits(view.snapshot, "Thread") == {("joiner", "Thread", "worker")}
            assert holds(view.snapshot, "Thread") == {("worker", "Thread", "worker")}
            [hold] = view.snapshot.holds
            assert hold.site is not None
            assert hold.site.function == "work"
            [wait] = [w for w in view.snapshot.waits if w.lock == hold.lock]
            assert wait.site is not None
            assert (wait.site.function, wait.timed) == ("await_worker", False)
            target.tell("on")
            target.expect("joined False")
            view = until(
                session,
                lambda v: not holds(v.snapshot, "Thread") and not waits(v.snapshot, "Thread"),
                "the end of hold and wait",
            )
            assert not any(finding.kind == "leaked-lock" for finding in view.findings)
