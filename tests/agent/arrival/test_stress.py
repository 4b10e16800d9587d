"""Frames are read while their threads take and release locks as fast as they can."""

from __future__ import annotations

import pytest

from tests.agent.arrival.conftest import PYTHONS
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import interpreters, running

pytestmark = NEEDS_C_CORE


@pytest.mark.parametrize("version", PYTHONS)
def test_no_claim_is_wrong_and_nothing_crashes(version: str) -> None:
    with running("arrivals", python=interpreters()[version], trace=False) as target:
        code, out, errors = target.finish()
    assert (code, errors) == (0, "")
    checked, waits = map(int, out.split())
    assert checked > 500
    assert waits > 500
