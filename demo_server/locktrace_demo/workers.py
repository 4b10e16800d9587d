"""The pool of threads that answer queries, behind a bounded queue."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from locktrace_demo.counters import Counters, Event
from locktrace_demo.protocol.response import Transport

HandleWire = Callable[[bytes, Transport], bytes | None]


@dataclass(frozen=True, slots=True)
class Job:
    """One query; `reply` gets its response, or None, and neither blocks nor raises."""

    wire: bytes
    transport: Transport
    reply: Callable[[bytes | None], None]


class WorkerPool:
    """Threads ``query-1``, ``query-2``, …, each with one query at a time.

    They are daemons, so that the process can end while they are blocked for ever.
    """

    def __init__(self, handle_wire: HandleWire, size: int, backlog: int, counters: Counters):
        self._handle_wire = handle_wire
        self._counters = counters
        self._jobs = queue.Queue[Job | None](backlog)
        self._threads = [
            threading.Thread(target=self._run, name=f"query-{number}", daemon=True)
            for number in range(1, size + 1)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> bool:
        """Queue a job; False, and counted, if the queue is full and the job dropped."""
        self._counters.add(Event.RECEIVED)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self._counters.add(Event.DROPPED)
            return False
        return True

    def stop(self, patience: float) -> None:
        """End the threads that can end within `patience` seconds; what is queued is forgotten."""
        deadline = time.monotonic() + patience
        with suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            with suppress(queue.Full):
                self._jobs.put_nowait(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while job := self._jobs.get():
            response = self._handle_wire(job.wire, job.transport)
            if response is not None:
                self._counters.add(Event.ANSWERED)
            job.reply(response)
