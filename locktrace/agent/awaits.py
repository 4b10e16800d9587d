"""Which task awaits which: `await task`, gather, TaskGroup, wait, and futures of other threads.

Nothing of asyncio is patched for it. The publisher looks at the tasks of every event loop while
somebody observes, and puts into the ledger what two looks have seen:

- a task that is awaited is a lock (`asyncio.Task`) that it holds itself until it is done;
- several that are awaited together are one (`asyncio.Tasks`) in which each has a share;
- the future of `run_coroutine_threadsafe` is held by its task, and a task that awaits what a
  pool does waits for the pool's future.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic_ns
from typing import Any, NamedTuple
from weakref import ref

from locktrace.agent import awaiting, tasks
from locktrace.agent.awaiting import Await, Who
from locktrace.agent.primitives import futures, tap
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Actor, Entry

MOST_AWAITS = 2000  # that are kept at a time
SHARE = 50  # a look may take this part of the time until the next one

_awaited = EntryTable("asyncio.Task", quiet=True)
_together = EntryTable("asyncio.Tasks", quiet=True)


class _Wait(NamedTuple):
    begun: tap.Begun | None
    future: ref[Any]


class _Hold(NamedTuple):
    entry: Entry
    shared: bool
    actor: Actor


_waits: dict[int, _Wait] = {}
_holds: dict[tuple[int, int], _Hold] = {}
_seen: dict[int, int] = {}
_next_ns = 0
giving_up: list[Actor] = []
"""Tasks that are actors and whose wait, as the latest look saw it, has a time-out of asyncio's."""


def look() -> None:
    """Bring the ledger up to date; only the publisher's thread calls it."""
    global _next_ns, _seen
    began_ns = monotonic_ns()
    if began_ns < _next_ns:
        return
    try:
        found = awaiting.look()
        giving_up[:] = found.giving_up
        _reconcile(found.awaits, found.performed)
        _seen = {id(one.who.task): id(one.future) for one in found.awaits}
    except BaseException as error:
        if not tap.swallow(error):
            raise
    _next_ns = monotonic_ns() + SHARE * (monotonic_ns() - began_ns)


def forget() -> None:
    """Nobody observes any more, or tracing stops: what is not looked at is not known."""
    global _next_ns
    _next_ns = 0
    _seen.clear()
    giving_up.clear()
    _reconcile([], [])


def _reconcile(found: list[Await], performed: list[tuple[Any, Who]]) -> None:
    """End what is over, then begin what is new: holds before the waits for them."""
    stays = {id(one.who.task): one for one in found}
    for key, wait in list(_waits.items()):
        one = stays.get(key)
        if one is None or wait.future() is not one.future:
            del _waits[key]
            tap.end(wait.begun)
    fresh = [one for one in found if _is_new(one)][: max(0, MOST_AWAITS - len(_waits))]
    current = [one for one in found if id(one.who.task) in _waits]
    wanted = dict(_shares([*current, *fresh], performed))
    for place, hold in list(_holds.items()):
        if place not in wanted:
            del _holds[place]
            tap.give_up(hold.entry, hold.shared, hold.actor)
    for place, (entry, shared, who) in wanted.items():
        if place not in _holds:
            _holds[place] = _Hold(entry, shared, who.actor)
            tap.recorder.acquired(entry, shared, _outermost(who.task), who.actor)
    for one in fresh:
        _begin(one)


def _is_new(one: Await) -> bool:
    """Whether the look before saw it too, and it is not in the ledger: most are over at once."""
    key = id(one.who.task)
    return key not in _waits and _seen.get(key) == id(one.future)


def _shares(
    awaits: list[Await], performed: list[tuple[Any, Who]]
) -> Iterator[tuple[tuple[int, int], tuple[Entry, bool, Who]]]:
    """What tasks hold by being awaited, by the addresses of the subject and the task."""
    for one in awaits:
        entry = _entry(one)
        for who in one.by if entry is not None else ():
            alone = one.subject is who.task
            yield (id(one.subject), id(who.task)), (entry, not alone, who)
    for future, who in performed:
        entry = futures.entry_of(future)
        if entry is not None:
            yield (id(future), id(who.task)), (entry, False, who)


def _entry(one: Await) -> Entry | None:
    if not one.by:
        return futures.entry_of(one.subject)
    alone = one.subject is one.by[0].task
    table = _awaited if alone else _together
    known = table.known(one.subject)
    if known is not None:
        return known
    entry = table.of(one.subject)
    if entry is not None:
        title = tasks.title(one.by[0].task)
        others = len(one.by) - 1
        more = f" and {others} more task{'s' if others > 1 else ''}" if others else ""
        tap.recorder.call(entry, f"{title}{more}")
    return entry


def _begin(one: Await) -> None:
    entry = _entry(one)
    if entry is not None:
        frame = tasks.suspended_frame(one.who.task)
        begun = tap.begin(entry, False, False, frame, one.who.actor)
        _waits[id(one.who.task)] = _Wait(begun, ref(one.future))


def _outermost(task: Any) -> Any:
    return getattr(task.get_coro(), "cr_frame", None)
