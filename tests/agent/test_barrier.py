"""Who waits at a barrier is shown so."""

from __future__ import annotations

import pytest

from tests.agent.ledgers import waits
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def test_whoever_comes_first_waits_for_the_barrier(python: str) -> None:
    with running("barrier_of_two", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(session, lambda v: bool(waits(v.snapshot, "Barrier")))
            assert waits(view.snapshot, "Barrier") == {
                ("early", "Barrier", "barrier_of_two.barrier")
            }
            target.tell("on")
            target.expect("done 0")
            until(session, lambda v: not waits(v.snapshot, "Barrier"))
