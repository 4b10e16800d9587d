"""`locktrace demo` without a terminal: the story as lines, the snapshot last, ended by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import psutil

from tests.support import environment, eventually


def test_the_story_is_told_in_order_and_ends_by_itself(locktrace: Any) -> None:
    done = locktrace("demo", "--reload-every", "8s")
    assert done.returncode == 0, done.stderr
    leak = done.stdout.index("leaked-lock: V2Filter.ip_table")
    stall = done.stdout.index("blocked-by-pending-writer: V2Filter.ip_table")
    snapshot = done.stdout.index("stacks   from ")
    assert leak < stall < snapshot
    assert "self.ip_table.r_lock()" in done.stdout[snapshot:]


def test_a_deadlock_of_the_demo_is_told_too(locktrace: Any) -> None:
    done = locktrace("demo", "--scenario", "lock-order", "--reload-every", "1s")
    assert done.returncode == 0, done.stderr
    assert "deadlock:" in done.stdout
    assert "ResponseCache.lock" in done.stdout


def test_a_port_in_use_is_a_sentence(locktrace: Any) -> None:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        done = locktrace("demo", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "the demo server did not start" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_server_ends_with_the_command_even_if_that_is_killed() -> None:
    command = [sys.executable, "-m", "locktrace", "demo", "--no-watch", "--no-trace"]
    running = subprocess.Popen(
        command, env=environment(trace=False), stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    pid = int(running.stdout.readline().rsplit("pid ", 1)[1])
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    eventually(lambda: not psutil.pid_exists(pid), "the server's end")
