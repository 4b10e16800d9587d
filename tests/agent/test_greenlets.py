"""Greenlets that are switched out are on no thread's stack; what they hold is not left behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import PATIENCE_S, TARGETS, environment


def said(target: str) -> tuple[str, str]:
    """On stdout and on stderr."""
    done = subprocess.run(
        [sys.executable, str(TARGETS / f"{target}.py")],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.stdout, done.stderr


@pytest.mark.usefixtures("core")
def test_what_a_greenlet_holds_that_is_switched_out_is_not_left_behind() -> None:
    assert said("greenlets") == ("switched out: 1 0\nended: 0 0\n", "")


@pytest.mark.usefixtures("core")
def test_greenlets_of_one_thread_may_wait_for_conditions_at_the_same_time() -> None:
    assert said("greenlets_wait") == ("switched out: 3\nended: 0 3\n", "")


@pytest.mark.usefixtures("core")
def test_what_greenlets_of_one_thread_build_ends_with_each_of_them() -> None:
    told = "switched out: True\nended: False\na part of: None\n"
    assert said("greenlets_build") == (told, "")


@pytest.mark.usefixtures("core")
def test_a_greenlet_that_a_signal_handler_switches_out_keeps_its_wait() -> None:
    assert said("greenlets_interrupted") == ("switched out: 1\nended: True 0 0\n", "")
