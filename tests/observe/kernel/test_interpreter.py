"""The interpreter of a process is found from outside, on every version."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from locktrace.errors import KernelViewError, LocktraceError, NotTracedError
from locktrace.launch.inject.memory import mappings
from locktrace.observe.kernel.interpreter import Interpreter
from locktrace.observe.kernel.threads import Threads
from tests.support import Target, eventually, running


def waiting_at(target: Target, threads: Threads) -> set[int]:
    return {wait.key for wait in threads.waits().values()}


def age_ns(threads: Threads, thread: int) -> int:
    """How long it has waited, as is known now; time that a CPU was taken away may be missing."""
    return time.monotonic_ns() - threads.waits()[thread].since_ns


def test_version_gil_and_the_futex_of_a_lock(python: str) -> None:
    with running("kernel_waits", python=python, trace=False) as target:
        gate = int(target.read().split()[0])
        target.tell("hold")
        target.expect("hold")
        target.tell("crowd 1")
        target.expect("crowd")
        interpreter, threads = Interpreter(target.pid), Threads(target.pid)
        futex = interpreter.futex_of(gate)
        eventually(
            lambda: futex in set(map(interpreter.parked_for, waiting_at(target, threads))),
            "a waiter at the lock's futex",
        )
        assert not interpreter.has_gil_at(futex)
        assert interpreter.version in subprocess.check_output([python, "-VV"], text=True)
        data = [m for m in mappings(target.pid) if m.start <= interpreter.gil[0] < m.end]
        assert data[0].path == interpreter.path
        interpreter.close()


def test_a_lock_at_no_address_has_no_futex() -> None:
    interpreter = Interpreter(os.getpid())
    assert interpreter.futex_of(0) == 0
    assert interpreter.futex_of(8) == 0 or interpreter.parks
    interpreter.close()


def test_a_process_that_is_no_python_is_told_as_such() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        with pytest.raises(NotTracedError, match="is not a Python process"):
            Interpreter(sleeper.pid)
        sleeper.kill()


def test_a_process_that_is_gone_is_an_error_with_a_sentence() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    with pytest.raises((KernelViewError, LocktraceError), match=str(gone.pid)):
        Interpreter(gone.pid)


def test_how_long_a_thread_has_waited_is_known_from_the_scheduler_of_its_cpu() -> None:
    with running("kernel_waits", trace=False) as target:
        target.read()
        target.tell("hold")
        target.expect("hold")
        before_ns = time.monotonic_ns()
        target.tell("crowd 1")
        target.expect("crowd")
        threads = Threads(target.pid)
        [(thread, wait)] = eventually(lambda: list(threads.waits().items()) or None, "a waiter")
        after_ns = time.monotonic_ns()
        assert before_ns <= wait.since_ns <= after_ns
        eventually(lambda: age_ns(threads, thread) > 300_000_000, "its age")
        place = threads.place(thread)
        assert place is not None
        assert (place.priority, place.cpu < (os.cpu_count() or 1)) == (20, True)
        assert threads.inside(thread) == thread
        assert not threads.translated
