from __future__ import annotations

import sys
import time

import pytest

from locktrace.snapshots.bounded import OutOfBoundsError, run_bounded


def run(program, timeout=30.0, most_bytes=1000):
    return run_bounded([sys.executable, "-c", program], timeout=timeout, most_bytes=most_bytes)


def test_status_output_and_complaint_are_returned():
    outcome = run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (outcome.status, outcome.output, outcome.complaint) == (3, b"out\n", b"err\n")


def test_a_command_has_no_input_to_wait_for():
    assert run("import sys; print(repr(sys.stdin.read()))").output == b"''\n"


def test_a_command_that_takes_too_long_is_ended():
    started = time.monotonic()
    with pytest.raises(OutOfBoundsError, match=r"took longer than 0\.5 s"):
        run("import time; time.sleep(600)", timeout=0.5)
    assert time.monotonic() - started < 60


def test_a_command_that_closes_its_output_and_stays_is_ended():
    with pytest.raises(OutOfBoundsError, match="took longer than"):
        run("import os, time; os.close(1); os.close(2); time.sleep(600)", timeout=0.5)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_command_that_never_stops_talking_is_ended(stream):
    with pytest.raises(OutOfBoundsError, match="wrote more than 1000 bytes"):
        run(f"import sys\nwhile True: sys.{stream}.write('x' * 100)")


def test_a_command_that_is_not_there_cannot_be_started():
    with pytest.raises(FileNotFoundError):
        run_bounded(["/no/such/command"], timeout=1, most_bytes=1)
