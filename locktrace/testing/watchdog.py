"""A thread that watches one test, and tells when it has come to stand still on a lock.

It is a raw `_thread` which blocks all signals, as the agent's own, so the tests neither see it
nor lose a signal to it; it is away while the process forks.
"""

from __future__ import annotations

import _thread
import contextlib
import functools
import os
import select
import signal
import time
from collections.abc import Callable

from locktrace.agent.owned import Wake
from locktrace.diagnose import Thresholds
from locktrace.errors import LocktraceError
from locktrace.testing.hang import told
from locktrace.testing.looks import Looks, is_hang
from locktrace.testing.witness import Witness

LOOK_S = 0.25


class Watchdog:
    """Between `start` and `stop` calls `bark` with the report, once, from its own thread."""

    def __init__(
        self, witness: Witness, thresholds: Thresholds, bark: Callable[[str], None]
    ) -> None:
        self._witness = witness
        self._looks = Looks(witness, thresholds)
        self._bark = bark
        self._wake = Wake()
        self._began_ns = time.monotonic_ns()
        self._stopping = False
        self._absent = _thread.allocate_lock()
        _hook_forks()
        _watching.append(self)
        self._start()

    def stop(self) -> None:
        """Return when its thread is out of the way."""
        if self in _watching:  # else this is a fork of the process that it watches
            _watching.remove(self)
        self._pause()
        self._wake.close()

    def _start(self) -> None:
        self._stopping = False
        self._absent.acquire()
        _thread.start_new_thread(self._run, ())

    def _pause(self) -> None:
        self._stopping = True
        self._wake.ring()
        with self._absent:
            pass

    def _run(self) -> None:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while not self._stopping and not self._look():
                select.select([self._wake.number], [], [], LOOK_S)
        except (LocktraceError, OSError):
            pass  # the agent is gone: there is nothing to be seen any more
        finally:
            self._absent.release()

    def _look(self) -> bool:
        """Whether it has barked."""
        view, findings = self._looks.look()
        new = tuple(f for f in findings if f.since_ns >= self._began_ns)
        new = self._witness.sift(view.snapshot, new)
        if not any(is_hang(view.snapshot, finding) for finding in new):
            return False
        self._bark(told(self._witness, view.snapshot, new))
        return True


_watching: list[Watchdog] = []


def _before_fork() -> None:
    for dog in _watching:
        dog._pause()


def _after_fork_in_parent() -> None:
    for dog in _watching:
        with contextlib.suppress(RuntimeError):
            dog._start()


@functools.cache
def _hook_forks() -> None:
    """After the agent has its own hooks: of those before a fork the latest comes first, and our
    thread may be waiting for an answer of the agent's."""
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_watching.clear,
    )
