"""Standard output may fail: the disk behind it is full, or whoever reads it has had enough."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import PATIENCE_S, environment, running

COMMAND = [sys.executable, "-m", "locktrace"]


@pytest.mark.parametrize("command", ["--help", "ps", "explain", "scan locktrace/errors.py"])
def test_a_full_disk_is_told_in_a_sentence(command: str) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [*COMMAND, *command.split()],
            env=environment(trace=False),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 7
    assert done.stderr == "locktrace: cannot write the output: No space left on device\n"


def test_a_reader_that_has_had_enough_ends_the_command_as_a_closed_pipe_does() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        watching = subprocess.Popen(
            [*COMMAND, "watch", str(target.pid), "--plain"],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        assert watching.stderr is not None
        try:
            assert watching.stdout.readline()
            watching.stdout.close()
            assert watching.wait(PATIENCE_S) == 141
            assert watching.stderr.read() == ""
        finally:
            watching.kill()
            watching.wait()
            watching.stderr.close()
