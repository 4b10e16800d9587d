"""Stations in this process or in others, driven in rounds."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any

from locktrace.errors import LocktraceError
from locktrace.scan.station import Reading, Station

_BATCHES_EACH = 8


class Crew:
    """`jobs` stations; with one, everything is done in this process."""

    def __init__(self, jobs: int) -> None:
        self._local = Station() if jobs == 1 else None
        self._ends: list[Connection] = []
        self._processes: list[Any] = []
        self._jobs = jobs

    def __enter__(self) -> Crew:
        methods = multiprocessing.get_all_start_methods()
        forks = "fork" in methods
        context = multiprocessing.get_context("fork" if forks else None)
        for _ in range(0 if self._local else self._jobs):
            ours, theirs = context.Pipe()
            # A fork has our ends too, and would never see the last of them closed.
            inherited = [*self._ends, ours] if forks else []
            process = context.Process(target=_serve, args=(theirs, inherited), daemon=True)
            process.start()
            theirs.close()
            self._ends.append(ours)
            self._processes.append(process)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for end in self._ends:
            end.close()
        for process in self._processes:
            if kind is not None:
                process.terminate()  # whatever it does, nobody waits for it
            process.join()

    def read(
        self, files: list[tuple[Path, int]], every: bool, progress: Callable[[int], None]
    ) -> Iterator[Reading]:
        """Share out the files, with their sizes, to whoever is free; the largest first."""
        batches = _batches(files, self._jobs * _BATCHES_EACH if self._ends else 1)
        if self._local:
            with undisturbed():
                for batch in batches:
                    yield self._local.read(batch, every)
                    progress(len(batch))
            return
        busy: dict[Connection, int] = {}
        idle = list(self._ends)
        while batches or busy:
            while idle and batches:
                end, batch = idle.pop(), batches.pop(0)
                end.send(("read", (batch, every)))
                busy[end] = len(batch)
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                yield _answer(ready)
                progress(busy.pop(ready))
                idle.append(ready)

    def ask(self, method: str, argument: object) -> Iterator[Any]:
        """The answers of all stations to one question."""
        if self._local:
            with undisturbed():
                yield getattr(self._local, method)(argument)
            return
        for end in self._ends:
            end.send((method, (argument,)))
        for end in self._ends:
            yield _answer(end)


class undisturbed:  # noqa: N801 - used as a statement
    """No garbage collection: trees are many objects in no circle, and looking through them costs a
    third.
    """

    def __enter__(self) -> None:
        self._was = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was:
            gc.enable()


def _batches(files: list[tuple[Path, int]], count: int) -> list[list[Path]]:
    ordered = sorted(files, key=lambda item: -item[1])
    batches: list[list[Path]] = [[] for _ in range(max(1, min(count, len(files))))]
    for number, (path, _) in enumerate(ordered):
        batches[number % len(batches)].append(path)
    return batches


def _answer(end: Connection) -> Any:
    try:
        found = end.recv()
    except (EOFError, OSError) as error:
        raise LocktraceError("a process of the scan ended before its work was done") from error
    if isinstance(found, BaseException):
        raise found
    return found


def _serve(end: Connection, inherited: list[Connection]) -> None:
    for other in inherited:
        other.close()
    station = Station()
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends this
    while True:
        try:
            method, arguments = end.recv()
        except (EOFError, OSError):
            os._exit(0)  # taking the trees apart one by one would cost more than reading them
        try:
            found = getattr(station, method)(*arguments)
        except Exception as error:
            found = error
        try:
            end.send(found)
        except OSError:
            os._exit(0)  # nobody listens any more
