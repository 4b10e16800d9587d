"""Who waits for a module that another thread imports is shown so, and by whom it is imported."""

from __future__ import annotations

import pytest

from tests.agent.ledgers import holds, waits
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def test_an_import_that_another_thread_has_begun_is_waited_for(python: str) -> None:
    with running("imports_waited_for", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(session, lambda v: bool(waits(v.snapshot, "ImportLock")))
            assert waits(view.snapshot, "ImportLock") == {
                ("second", "ImportLock", "slow_module's import lock")
            }
            assert holds(view.snapshot, "ImportLock") == {
                ("first", "ImportLock", "slow_module's import lock")
            }
            for record in (*view.snapshot.holds, *view.snapshot.waits):
                if view.snapshot.locks[record.lock].kind == "ImportLock":
                    assert record.site is not None
                    assert record.site.function == "load"
            target.tell("on")
            target.expect("done True")
            until(session, lambda v: not holds(v.snapshot, "ImportLock"))
