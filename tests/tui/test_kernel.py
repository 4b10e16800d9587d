"""The kernel's view on the screen: a line in the banner, a line under the lock, and the gaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.kernel_view import Futex, FutexKind, FutexWait, GilUse, KernelView, WakeUp
from locktrace.model import Gap
from locktrace_tui.rows.banner import banner
from locktrace_tui.rows.details import (
    WAITER_COLUMNS,
    holder_rows,
    waiter_columns,
    waiter_rows,
)
from locktrace_tui.rows.index import facts_by_lock
from locktrace_tui.rows.kernel import seen_by_the_kernel

SMALL, LARGE = (80, 24), (200, 60)
SECOND = 1_000_000_000


def seen(view, **gaps):
    """`view`, its first waited-for lock seen by the kernel."""
    snapshot = view.snapshot
    wait = snapshot.waits[0]
    kernel = KernelView(
        "bpftrace",
        snapshot.taken_ns - 60 * SECOND,
        5_000_000,
        futexes=(Futex(wait.lock, 0x7000, FutexKind.LOCK, 40, 12 * SECOND, 2 * SECOND),),
        waits=(FutexWait(wait.actor, wait.lock, 0x7000, wait.since_ns, False, 1, 20),),
        wakeups=(WakeUp(wait.lock, wait.actor, wait.actor, 3),),
        gil=GilUse(((wait.actor, 0.62),), wait.actor, ((wait.actor, 2),), 3),
        confirmed=(wait.id,),
    )
    return replace(view, snapshot=replace(snapshot, kernel=kernel, **gaps))


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_gil_has_a_line_in_the_banner(playing, story, size):
    async with playing(seen(story.stalled), size) as play:
        assert "GIL: held by" in play.text()
        assert "62%" in play.text()
    async with playing(story.stalled, size) as play:
        assert "GIL:" not in play.text()


async def test_the_chosen_lock_has_what_the_kernel_saw_of_it(playing, story):
    async with playing(seen(story.stalled), LARGE) as play:
        assert "kernel: 12.0 s off-CPU in 40 waits · longest 2.0 s" in play.text()
        assert "seen, CPU 1, prio 20" in play.text()


def test_a_waiter_has_its_cpu_and_priority(story):
    view = seen(story.stalled)
    facts = facts_by_lock(view)[view.snapshot.waits[0].lock]
    told = [cell.text for row in waiter_rows(facts, view.snapshot) for cell in row.cells]
    assert "seen, CPU 1, prio 20" in told
    assert len(waiter_rows(facts, view.snapshot)[0].cells) == len(waiter_columns(view.snapshot))
    assert waiter_columns(story.stalled.snapshot) == WAITER_COLUMNS


def test_a_lock_that_the_kernel_has_not_seen_has_no_such_line(story):
    assert seen_by_the_kernel(99, seen(story.stalled).snapshot) == ()
    assert seen_by_the_kernel(1, story.stalled.snapshot) == ()


def test_who_ended_waits_is_counted(story):
    view = seen(story.stalled)
    cells = seen_by_the_kernel(view.snapshot.waits[0].lock, view.snapshot)
    assert cells[-1].text.startswith("ended by ")
    assert cells[-1].text.endswith("\N{MULTIPLICATION SIGN}3")


def test_without_an_agent_nobody_is_said_to_hold_nothing(story):
    view = seen(story.stalled, gaps=frozenset(Gap), holds=())
    facts = facts_by_lock(view)[view.snapshot.waits[0].lock]
    [row] = holder_rows(facts, view.snapshot)
    assert row.cells[0].text == "who holds it is not known to the kernel"
    assert waiter_rows(facts, view.snapshot)
    told = " ".join(cell.text for cell in banner(view, None, view).kernel)
    assert "not known to the kernel: holders, names" in told
