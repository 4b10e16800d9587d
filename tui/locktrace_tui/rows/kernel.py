"""What the kernel saw of a lock and of those who wait for it."""

from __future__ import annotations

from collections import Counter

from locktrace.kernel_view import KernelView
from locktrace.model import Snapshot, Wait
from locktrace.wording import count, duration, listing, who
from locktrace_tui.rows.cells import Cell, Tone
from locktrace_tui.rows.signs import TIMES


def seen_by_the_kernel(lock: int, snapshot: Snapshot) -> tuple[Cell, ...]:
    """Time off the CPU, by whom, and who ended those waits: parts of one line; none if unseen."""
    view = snapshot.kernel
    futex = view.futex(lock) if view is not None else None
    if view is None or futex is None:
        return ()
    spent = duration(futex.off_cpu_ns / 1e9)
    parts = [Cell(f"kernel: {spent} off-CPU in {count(futex.waits, 'wait')}")]
    if futex.longest_ns:
        parts.append(Cell(f"longest {duration(futex.longest_ns / 1e9)}", Tone.MUTED))
    if futex.symbol:
        parts.append(Cell(f"in {futex.library}: {futex.symbol}", Tone.MUTED))
    if waiters := _waiters(lock, snapshot, view):
        parts.append(Cell(f"by {waiters}", Tone.MUTED))
    if wakers := _wakers(lock, snapshot, view):
        parts.append(Cell(f"ended by {wakers}", Tone.MUTED))
    return tuple(parts)


def whereabouts(wait: Wait, snapshot: Snapshot) -> str:
    """``seen, CPU 1, prio 20``; ``seen`` of what the agent tells; nothing if it was not."""
    view = snapshot.kernel
    if view is None:
        return ""
    seen = next((w for w in view.waits if w.thread == wait.actor), None)
    parts = ["seen"] if wait.id in view.confirmed else []
    if seen is not None and seen.cpu is not None:
        parts.append(f"CPU {seen.cpu}")
    if seen is not None and seen.priority is not None:
        parts.append(f"prio {seen.priority}")
    return ", ".join(parts)


def _waiters(lock: int, snapshot: Snapshot, view: KernelView) -> str:
    told = [
        f"{who(snapshot, row.thread, '')} {duration(row.off_cpu_ns / 1e9)}"
        for row in view.threads
        if row.lock == lock
    ]
    return listing(told, 2) if told else ""


def _wakers(lock: int, snapshot: Snapshot, view: KernelView) -> str:
    ended: Counter[int] = Counter()
    for edge in view.wakeups:
        if edge.lock == lock:
            ended[edge.waker] += edge.count
    told = [f"{who(snapshot, actor, '')} {TIMES}{n}" for actor, n in ended.most_common()]
    return listing(told, 2) if told else ""
