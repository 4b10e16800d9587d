"""`concurrent.futures`: who waits for whose result, and which workers of a pool are busy.

A Future is a lock that the worker holds while it runs the item; its parent is the Executor, of
which each busy worker has a share. What another process works on, nobody here holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from locktrace.agent.ledger import HIDDEN
from locktrace.agent.primitives import compounds, event, simple_queue, tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Entry, UsualBuilding, UsualWork
from locktrace.agent.stacks import caller

MOST_WAITED_FOR = 8  # futures that one wait is told of

_futures = EntryTable("Future", quiet=True)
_executors = EntryTable("Executor")
_base: Any = None
_pending_states = frozenset({"PENDING", "RUNNING", "CANCELLED"})  # its worker has not said so yet


def patch_base(patches: Patches, base: Any) -> None:
    """Trace what is waited for in `concurrent.futures._base`."""
    global _base
    _base = base
    patches.wrap(base.Future, "__init__", _traced_init)
    compounds.register_methods(base.Future, ("result", "exception"), _futures)
    for code in (base._result_or_cancel.__code__, *_inner_codes(base.Executor.map)):
        compounds.pass_on(code)
    event.TABLE.hide_from(base._Waiter.__init__)
    compounds.register(base.wait, _of_wait)
    compounds.register(base.as_completed, _of_as_completed)


def patch_threads(patches: Patches, module: Any) -> None:
    """Trace the thread pools of `concurrent.futures.thread`, and who runs what."""
    pool = module.ThreadPoolExecutor
    patches.wrap(pool, "__init__", lambda original: _traced_pool(_executors.traced_init(original)))
    _trace_submit(patches, pool)
    usual = UsualWork(module._WorkItem.run, _futures.rows, "future")
    patches.wrap(module._WorkItem, "run", _traced_run, usual)


def patch_processes(patches: Patches, module: Any) -> None:
    """Trace the process pools of `concurrent.futures.process`."""
    _executors.trace_init(patches, module.ProcessPoolExecutor)
    _trace_submit(patches, module.ProcessPoolExecutor)


def is_one(future: Any) -> bool:
    """Whether it is a future of `concurrent.futures`."""
    return _base is not None and isinstance(future, _base.Future)


def entry_of(future: Any) -> Entry | None:
    """The entry of a future, None if it is not traced."""
    return _futures.of(future)


def found_pool(pool: Any) -> Entry | None:
    """The entry of a pool that was there before tracing."""
    executor = _executors.of(pool)
    if executor is not None:
        simple_queue.adopt(pool._work_queue, executor)
    return executor


def found_in(executor: Entry | None, future: Any) -> Entry | None:
    """The entry of a future that was submitted to the pool of `executor` before tracing."""
    known = _futures.known(future)
    if known is not None:
        return known
    recorder = tap.recorder
    scope = recorder.build(executor)
    try:
        return _futures.add(future, tap.create("Future", None, True), executor)
    finally:
        recorder.built(scope)


# -- making


def _traced_pool(init: Any) -> Any:
    def traced(self: Any, /, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        executor = _executors.of(self)
        if executor is not None:
            simple_queue.adopt(self._work_queue, executor)

    return traced


def _trace_submit(patches: Patches, pool: Any) -> None:
    patches.wrap(pool, "submit", _traced_submit, UsualBuilding(pool.submit, _executors.rows))


def _traced_submit(original: Any) -> Any:
    def submit(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        recorder = tap.recorder
        scope = recorder.build(_executors.of(self))
        try:
            return original(self, *args, **kwargs)
        finally:
            recorder.built(scope)

    return submit


def _traced_init(original: Any) -> Any:
    def init(self: Any, /) -> None:
        entry = tap.create("Future", user_frame(caller()), True)
        recorder = tap.recorder
        _futures.add(self, entry, recorder.building())
        scope = recorder.build(HIDDEN)  # its condition: one for each item of work
        try:
            original(self)
        finally:
            recorder.built(scope)

    return init


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The first frame outwards that is not of the standard library's, nor ours."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OWN):
        frame = frame.f_back
    return frame


_OWN = ("asyncio.", "concurrent.futures", __name__.rpartition(".")[0])


# -- running


def _traced_run(original: Any) -> Any:
    def run(self: Any, /, *args: Any) -> Any:
        held, arming = _begin_work(self.future), tap.armings
        try:
            return original(self, *args)
        finally:
            for entry, shared in held if arming == tap.armings else ():
                tap.give_up(entry, shared)

    return run


def _begin_work(future: Any) -> Sequence[tuple[Entry, bool]]:
    """The calling worker holds the item's future, and a share of its executor."""
    entry, executor = _futures.known(future), _futures.parent(future)
    held = [(lock, lock is executor) for lock in (executor, entry) if lock is not None]
    try:
        for lock, shared in held:
            tap.recorder.acquired(lock, shared, None)
    except BaseException as error:
        if not tap.swallow(error):
            raise
    return held


# -- waiting


def _inner_codes(function: Any) -> list[CodeType]:
    return [const for const in function.__code__.co_consts if isinstance(const, CodeType)]


def _of_wait(frame: FrameType) -> Sequence[Entry]:
    names = frame.f_locals
    pending = _pending(names["fs"])
    return _any_of(pending) if names["return_when"] == "FIRST_COMPLETED" else _all_of(pending)


def _of_as_completed(frame: FrameType) -> Sequence[Entry]:
    return _any_of(_pending(frame.f_locals["pending"]))


def _pending(futures: Any) -> list[Any]:
    return [future for future in futures if future._state in _pending_states]


def _all_of(pending: list[Any]) -> Sequence[Entry]:
    return tuple(islice(_entries(pending), MOST_WAITED_FOR))


def _any_of(pending: list[Any]) -> Sequence[Entry]:
    """One of several: a thing of its own, for none of them is to blame."""
    if len(pending) <= 1:
        return _all_of(pending)
    entry = tap.create("Future", None, True)
    if entry is None:
        return ()
    tap.recorder.call(entry, f"any of {len(pending)} futures")
    return (entry,)


def _entries(futures: list[Any]) -> Iterator[Entry]:
    for future in futures:
        entry = _futures.of(future)
        if entry is not None:
            yield entry
