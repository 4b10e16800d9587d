"""Looks for a process's descendants, and opens a session on each: in a thread of its own, as
an agent that does not answer must not hold the screen back."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import psutil

from locktrace.errors import LocktraceError, NoSuchProcessError, NotTracedError
from locktrace.launch.processes import descendants, is_python
from locktrace.session import Session

LOOK_S = 0.4
PATIENT_LOOKS = 4  # a forked child has its agent in a moment: nobody need enter it
MOST = 128  # descendants that are followed

Opener = Callable[[int], Session]


class Scout:
    """`open` connects to an agent that is there, NotTracedError if there is none; `enter`
    brings one in. What is found waits in `sessions`, what is to be said in `remarks`."""

    def __init__(self, pid: int, open: Opener, enter: Opener) -> None:
        self.sessions: queue.SimpleQueue[Session] = queue.SimpleQueue()
        self.remarks: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._pid = pid
        self._open = open
        self._enter = enter
        self._looks: dict[psutil.Process, int] = {}
        self._done: set[psutil.Process] = set()
        self._stopped = threading.Event()
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scout", daemon=True)
        self._thread.start()

    def settle(self, timeout: float) -> None:
        """Wait until all that are there now have been tried, at most `timeout` seconds."""
        self._settled.wait(timeout)

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._look()
            self._stopped.wait(LOOK_S)

    def _look(self) -> None:
        living = set(descendants(self._pid))
        self._done &= living
        self._looks = {process: n for process, n in self._looks.items() if process in living}
        if not living - self._done:
            self._settled.set()
        for process in sorted(living - self._done, key=lambda process: process.pid):
            if len(self._done) >= MOST:
                return
            if not is_python(process):  # not yet, perhaps: between fork and exec
                self._count(process)
                continue
            self._try(process)

    def _try(self, process: psutil.Process) -> None:
        patient = self._looks.get(process, 0) < PATIENT_LOOKS
        try:
            session = (self._open if patient else self._enter)(process.pid)
        except NoSuchProcessError:
            self._done.add(process)
        except NotTracedError as error:
            if patient:
                self._count(process)
            else:
                self._give_up(process, error)
        except LocktraceError as error:
            self._give_up(process, error)
        else:
            self._done.add(process)
            self.sessions.put(session)

    def _count(self, process: psutil.Process) -> None:
        self._looks[process] = self._looks.get(process, 0) + 1

    def _give_up(self, process: psutil.Process, error: LocktraceError) -> None:
        self._done.add(process)
        self.remarks.put(f"process {process.pid} is left out: {error}")
