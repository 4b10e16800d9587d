"""Greenlets that are switched out are on no thread's stack; what they hold is not left behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import PATIENCE_S, TARGETS, environment


@pytest.mark.usefixtures("core")
def test_what_a_greenlet_holds_that_is_switched_out_is_not_left_behind() -> None:
    done = subprocess.run(
        [sys.executable, str(TARGETS / "greenlets.py")],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("switched out: 1 0\nended: 0 0\n", "")
