"""Every thread of a stall snapshot as text, those with the same stack told together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from locktrace.model import Hold, Snapshot, ThreadStack, Wait
from locktrace.snapshots.groups import by_lock, is_reading
from locktrace.snapshots.joined import Business, Joined
from locktrace.snapshots.kinds import is_executor, is_future, is_own
from locktrace.snapshots.layout import wrap
from locktrace.snapshots.lock_text import held_as
from locktrace.snapshots.source import Source
from locktrace.snapshots.stack_text import lock_frames, stack_lines
from locktrace.wording import age, listing, lock_name, place, plain, who

MOST_GROUPS = 200
MOST_NAMES = 6
MOST_OTHERS = 50
_INDENT = "  "


def thread_lines(joined: Joined, source: Source, width: int) -> Iterator[str]:
    """Who lets nobody else run, those that wait or hold, the others, then actors whose stack is
    not known."""
    alike: defaultdict[tuple[object, ...], list[ThreadStack]] = defaultdict(list)
    for thread in joined.stall.threads:
        alike[thread.frames, *_locks(joined, thread)].append(thread)
    groups = [_Group(joined, threads) for threads in alike.values()]
    groups.sort(key=lambda group: group.rank)
    blocks = [list(group.lines(source, width)) for group in groups[:MOST_GROUPS]]
    if len(groups) > MOST_GROUPS:
        blocks.append([f"… and {len(groups) - MOST_GROUPS} more places where threads are"])
    blocks.append(list(_without_stack(joined, width)))
    for block in blocks:
        if block:
            yield ""
            yield from block


def _locks(joined: Joined, thread: ThreadStack) -> tuple[frozenset[int], frozenset[int]]:
    """The locks that it waits for and those that it holds."""
    business = joined.business_of(thread)
    waits = frozenset(wait.lock for wait in business.waits)
    return waits, frozenset(hold.lock for hold in business.holds)


class _Group:
    """Threads that are all at the same place."""

    def __init__(self, joined: Joined, threads: Sequence[ThreadStack]) -> None:
        self._joined = joined
        self._threads = threads
        self._business = Business()
        for thread in threads:
            self._business.holds += joined.business_of(thread).holds
            self._business.waits += joined.business_of(thread).waits

    @property
    def rank(self) -> int:
        """-1 for who lets nobody else run, 0 for those that wait, 1 for those that hold, else 2."""
        if self._joined.keep_all_others(self._threads):
            return -1
        return 0 if self._business.waits else 1 if self._business.holds else 2

    def lines(self, source: Source, width: int) -> Iterator[str]:
        yield from wrap(self._heading(), width, _INDENT, first="")
        many = len(self._threads) > 1
        for sentence in _sentences(self._joined.snapshot, self._business, many):
            yield from wrap(sentence, width, _INDENT * 2, first=_INDENT)
        frames = self._threads[0].frames
        marked = lock_frames(frames, self._business.holds, self._business.waits)
        yield from stack_lines(frames, marked, source, width, _INDENT * 2)
        if not frames:
            yield f"{_INDENT * 2}(no Python frames)"

    def _heading(self) -> str:
        names = [self._name(thread) for thread in self._threads]
        many = f"{len(names)} threads: " if len(names) > 1 else ""
        gil = ", has the GIL" if any(thread.owns_gil for thread in self._threads) else ""
        return f"{many}{listing(names, MOST_NAMES)}{gil}"

    def _name(self, thread: ThreadStack) -> str:
        actor = self._joined.actor_of.get(thread.native_id)
        name = who(self._joined.snapshot, actor) if actor is not None else plain(thread.name)
        return f"{name or 'unnamed'} [{thread.native_id}]" if thread.native_id else name


def _without_stack(joined: Joined, width: int) -> Iterator[str]:
    """Actors that hold or wait and of whom no present stack is known: tasks, ended threads."""
    others = [actor for actor in joined.business if actor not in joined.stack_of]
    if others:
        yield "Without a present stack:"
    for actor in others[:MOST_OTHERS]:
        name = who(joined.snapshot, actor)
        for sentence in _sentences(joined.snapshot, joined.business[actor], many=False):
            yield from wrap(f"{name} {sentence}", width, _INDENT * 2, first=_INDENT)
    if len(others) > MOST_OTHERS:
        yield f"{_INDENT}… and {len(others) - MOST_OTHERS} more that hold or wait"


def _sentences(snapshot: Snapshot, business: Business, many: bool) -> Iterator[str]:
    """What one thread, or each of many, waits for and holds: a lock a sentence."""
    for lock, waits in by_lock(business.waits).items():
        verb = "wait" if many else "waits"
        to_read = all(is_reading(snapshot, wait) for wait in waits)
        wish = f"{'to read' if to_read else 'for'} {lock_name(snapshot, lock)}"
        yield f"{verb} {wish}, {_since(snapshot, waits)}"
    for lock, holds in by_lock(business.holds).items():
        known = snapshot.locks.get(lock)
        if known is not None and is_own(known):
            continue  # it is the thread or task itself
        if known is not None and (is_future(known) or is_executor(known)):
            verb = "work" if many else "works"
            yield f"{verb} for {lock_name(snapshot, lock)}, {_since(snapshot, holds)}"
            continue
        verb = "hold" if many else "holds"
        held = f"{lock_name(snapshot, lock)} ({held_as(holds)})"
        taken = listing(list(dict.fromkeys(place(hold.site) for hold in holds)))
        yield f"{verb} {held}, {_since(snapshot, holds)}, taken at {taken}"


def _since(snapshot: Snapshot, records: Sequence[Hold] | Sequence[Wait]) -> str:
    longest = age(snapshot, records)
    return f"for {longest}" if len(records) == 1 else f"up to {longest}"
