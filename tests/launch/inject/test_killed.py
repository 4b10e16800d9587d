"""A command that is killed while it has a thread borrowed: the program does not notice."""

from __future__ import annotations

import subprocess
import sys

import pytest

from locktrace.launch.inject.permission import status
from tests.support import TARGETS, Target, attached, environment, running

FEWEST = 10  # steps of a visit, at which it is killed in turn


def ending(target: Target) -> tuple[int, str, str]:
    target.tell("go on")
    return target.finish()


@pytest.mark.parametrize("place", ["lock", "read", "sleep", "waitpid", "event_loop", "spinning"])
def test_a_program_goes_on_as_its_twin_when_its_visitor_is_killed(place: str) -> None:
    with running("blocking", place, trace=False) as target:
        target.expect("ready")
        done = subprocess.run(
            [sys.executable, str(TARGETS / "killed_visitor.py"), str(target.pid)],
            env=environment(trace=False),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert int(done.stdout) >= FEWEST
        assert status(str(target.pid))["SigBlk"] == status("self")["SigBlk"]
        with attached(target.pid):
            pass
        ended = ending(target)
    with running("blocking", place, trace=False) as twin:
        twin.expect("ready")
        assert ended == ending(twin)
