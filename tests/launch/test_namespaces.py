"""What we see of a process in a namespace of its own."""

from __future__ import annotations

import os
import subprocess

import psutil
import pytest

from locktrace.launch.namespaces import same_clock
from tests.support import eventually


def test_a_process_beside_us_has_our_clock() -> None:
    assert same_clock(os.getpid())
    assert same_clock(os.getppid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a time namespace")
def test_a_process_in_a_time_namespace_has_a_clock_of_its_own() -> None:
    command = ["unshare", "--time", "--monotonic", "1000", "--fork", "sleep", "60"]
    with subprocess.Popen(command) as outer:
        try:
            children = psutil.Process(outer.pid).children
            child = eventually(lambda: children() or None, "the child")[0].pid
            eventually(lambda: not same_clock(child), "its clock")
        finally:
            for process in psutil.Process(outer.pid).children():
                process.kill()
            outer.kill()
