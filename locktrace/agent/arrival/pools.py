"""Pools of threads that were at work when the agent came: who works on what, and what is queued."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from types import FrameType
from typing import Any
from weakref import ReferenceType

from locktrace.agent.arrival.holds import frames
from locktrace.agent.arrival.intake import FoundHold, Intake, Who
from locktrace.agent.arrival.kinds import code_of
from locktrace.agent.arrival.stack import variable
from locktrace.agent.primitives import futures, tap
from locktrace.agent.recorder import Entry

MOST_QUEUED = 1000  # items of one pool


class Pools:
    """Looks at each thread once; to be asked before the waits for results are taken in."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._known: set[int] = set()
        module: Any = sys.modules.get("concurrent.futures.thread")
        self._item: type = module._WorkItem if module is not None else type(None)
        self._run = code_of(self._item, "run")
        self._worker = module._worker.__code__ if module is not None else None

    def look(self, who: Who, innermost: FrameType) -> None:
        """If `who` is a worker, what it is at, and what waits for it and its like."""
        slots = self._intake.slots
        item: Any = None
        for frame in frames(innermost) if self._run is not None else ():
            if frame.f_code is self._run:
                item = variable(frame, "self", slots, (self._item,))
            elif frame.f_code is self._worker:
                found: Any = variable(frame, "executor_reference", slots, (ReferenceType,))
                pool = found() if found is not None else None
                executor = self._pool(pool) if pool is not None else None
                if item is not None:
                    self._begin(executor, item.future, who)

    def _pool(self, pool: Any) -> Entry | None:
        """The entry of `pool`, in which what is queued is known from now on."""
        executor = futures.found_pool(pool)
        if executor is not None and id(pool) not in self._known:
            self._known.add(id(pool))
            self._intake.name(executor, str(pool._thread_name_prefix))
            for queued in islice(self._queued(pool), MOST_QUEUED):
                futures.found_in(executor, queued.future)
        return executor

    def _begin(self, executor: Entry | None, future: Any, who: Who) -> None:
        """`who` works on `future`, for a pool unless that is gone already.

        Not told of a future that somebody keeps locked: we would have to wait to learn of its end.
        """
        if not future._condition.acquire(blocking=False):
            return
        try:
            entry = futures.found_in(executor, future)
            begun = [(each, each is executor) for each in (executor, entry) if each is not None]
            for each, shared in begun:
                self._intake.hold(FoundHold(each, who, None, -1, shared=shared))
            # It is called at once, and by us, if that is done by now.
            future.add_done_callback(partial(_done, begun, who))
        finally:
            future._condition.release()

    def _queued(self, pool: Any) -> Iterator[Any]:
        """Its queue shows its items to the garbage collector alone, up to 3.12 in a list."""
        for found in gc.get_referents(pool._work_queue):
            for item in list(found) if type(found) is list else (found,):
                if type(item) is self._item:
                    yield item


def _done(begun: list[tuple[Entry, bool]], who: Who, _future: Any) -> None:
    """The item is done; never raises into its worker."""
    try:
        actor = tap.recorder.thread(who.ident, who.native_id)
        for entry, shared in reversed(begun):
            tap.give_up(entry, shared, actor)
    except BaseException as error:
        if not tap.swallow(error):
            raise
