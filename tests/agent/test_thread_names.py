"""A thread that nobody saw alive is still called by its name."""

from __future__ import annotations

import pytest

from tests.support import observed, running, until


@pytest.mark.parametrize("core", ["c", "py"])
def test_a_thread_that_ended_before_it_was_observed_has_its_name(core: str) -> None:
    with running("ended_holder", LOCKTRACE_CORE=core) as target:
        target.expect("ended")
        with observed(target) as session:
            view = until(session, lambda view: bool(view.findings), "the leak")
    [hold] = view.snapshot.holds
    assert view.snapshot.actors[hold.actor].name == "importer"
    assert "importer" in view.findings[0].message
