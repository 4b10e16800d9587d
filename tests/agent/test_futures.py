"""Who waits for whose result, and which workers of a pool are busy."""

from __future__ import annotations

import pytest

from tests.agent.ledgers import holds, waits
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def test_a_future_is_held_by_the_worker_that_runs_it_and_so_is_a_share_of_its_pool(
    python: str,
) -> None:
    with running("pool_of_two", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(
                session,
                lambda v: (
                    len(waits(v.snapshot, "Future")) == 7 and len(holds(v.snapshot, "Future")) == 2
                ),
            )
            snapshot = view.snapshot
            futures = {name for actor, _, name in waits(snapshot) if actor == "all_of_them"}
            assert len(futures) == 4
            assert {name for actor, _, name in waits(snapshot) if actor == "one"} < futures
            names = {actor: name for actor, _, name in waits(snapshot, "Future")}
            assert names["first_of_them"].startswith("any of 4 futures")
            assert names["each"].startswith("any of 4 futures")
            assert {name for _, _, name in holds(snapshot, "Future")} < futures
            busy = {actor for actor, _, _ in holds(snapshot, "Executor")}
            assert busy == {"worker_0", "worker_1"}
            assert busy == {actor for actor, _, _ in holds(snapshot, "Future")}
            pool = next(lock for lock in snapshot.locks.values() if lock.kind == "Executor")
            assert pool.name == "main.pool"
            for lock in snapshot.locks.values():
                assert lock.kind != "Future" or "any of" in lock.name or lock.parent == pool.id
            target.tell("on")
            target.expect("done 42 42 42 42")
            until(
                session,
                lambda v: (
                    not holds(v.snapshot, "Future", "Executor") and not waits(v.snapshot, "Future")
                ),
                "the end of all holds and waits",
            )
