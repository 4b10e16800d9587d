"""The kernel's views of several processes as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from locktrace.kernel_view import KernelView


def renamed(
    view: KernelView, *, lock: Callable[[int], int], other: Callable[[int], int]
) -> KernelView:
    """`view` with the ids that `lock` gives for locks, and `other` for threads and waits."""
    gil = view.gil
    return replace(
        view,
        futexes=tuple(replace(it, lock=lock(it.lock)) for it in view.futexes),
        threads=tuple(
            replace(it, thread=other(it.thread), lock=lock(it.lock)) for it in view.threads
        ),
        waits=tuple(replace(it, thread=other(it.thread), lock=lock(it.lock)) for it in view.waits),
        wakeups=tuple(
            replace(it, lock=lock(it.lock), waker=other(it.waker), woken=other(it.woken))
            for it in view.wakeups
        ),
        gil=replace(
            gil,
            waiting=tuple((other(thread), share) for thread, share in gil.waiting),
            holder=None if gil.holder is None else other(gil.holder),
            held=tuple((other(thread), looks) for thread, looks in gil.held),
        ),
        disagreements=tuple(
            replace(it, id=other(it.id), thread=other(it.thread), lock=lock(it.lock))
            for it in view.disagreements
        ),
        confirmed=tuple(map(other, view.confirmed)),
    )


def merged(views: Iterable[tuple[int, KernelView]]) -> KernelView | None:
    """One view of all, by pid; None of none.

    Each process has a GIL of its own: `gil` is that one which is waited for most.
    """
    views = list(views)
    if len(views) < 2:
        return views[0][1] if views else None
    alone = [view for _, view in views]
    return replace(
        alone[0],
        since_ns=min(it.since_ns for it in alone),
        futexes=tuple(
            sorted((f for it in alone for f in it.futexes), key=lambda futex: -futex.off_cpu_ns)
        ),
        threads=tuple(
            sorted((row for it in alone for row in it.threads), key=lambda row: -row.off_cpu_ns)
        ),
        waits=tuple(
            sorted((wait for it in alone for wait in it.waits), key=lambda wait: wait.since_ns)
        ),
        wakeups=tuple(edge for it in alone for edge in it.wakeups),
        gil=max((it.gil for it in alone), key=lambda gil: sum(share for _, share in gil.waiting)),
        disagreements=tuple(each for it in alone for each in it.disagreements),
        confirmed=tuple(id for it in alone for id in it.confirmed),
        untold=sum(it.untold for it in alone),
        lost=max(it.lost for it in alone),
        notes=tuple(_notes(views)),
    )


def _notes(views: list[tuple[int, KernelView]]) -> Iterable[str]:
    """What is said of all is said once."""
    told: dict[str, list[int]] = {}
    for pid, view in views:
        for note in view.notes:
            told.setdefault(note, []).append(pid)
    for note, pids in told.items():
        yield note if len(pids) == len(views) else f"pid {', '.join(map(str, pids))}: {note}"
