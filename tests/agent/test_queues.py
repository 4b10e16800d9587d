"""Who waits for a queue is shown so; nobody holds one."""

from __future__ import annotations

import pytest

from tests.agent.ledgers import holds, waits
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def test_every_way_to_wait_for_a_queue_is_a_wait_for_it(python: str) -> None:
    with running("queues_waited_for", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(
                session,
                lambda v: (
                    len(waits(v.snapshot, "Queue", "SimpleQueue")) == 4
                    and len(waits(v.snapshot, "Condition")) == 3
                ),
            )
            assert waits(view.snapshot, "Queue", "SimpleQueue") == {
                ("get", "Queue", "queues_waited_for.jobs"),
                ("put", "Queue", "queues_waited_for.full"),
                ("join", "Queue", "queues_waited_for.unfinished"),
                ("get_simple", "SimpleQueue", "SimpleQueue"),
            }
            sites = {
                w.site.function: w.timed
                for w in view.snapshot.waits
                if w.site is not None and view.snapshot.locks[w.lock].kind != "Condition"
            }
            assert sites.items() >= {
                "get": False, "put": False, "join": False, "get_simple": True
            }.items()  # fmt: skip
            inner = {name for _, _, name in waits(view.snapshot, "Condition")}
            assert "queues_waited_for.jobs.not_empty" in inner
            assert not holds(view.snapshot, "Queue", "SimpleQueue")
            target.tell("on")
            target.expect("done 0 1 0")
            until(session, lambda v: not waits(v.snapshot, "Queue", "SimpleQueue"))
