"""The kernel's views of a family: one view, in which each id is somebody's."""

from __future__ import annotations

from locktrace.family import kernel
from locktrace.kernel_view import (
    OWN_IDS,
    OWN_WAITS,
    Disagreement,
    Dispute,
    Futex,
    FutexKind,
    FutexWait,
    GilUse,
    KernelView,
    ThreadTotals,
    WakeUp,
    is_own,
    is_own_wait,
)

SECOND = 1_000_000_000
LOCK, ONE, OTHER = OWN_IDS, OWN_IDS + 5, OWN_IDS + 6
FAR = 3 << 48


def view(since_ns: int, share: float, *notes: str) -> KernelView:
    return KernelView(
        "bpftrace",
        since_ns,
        5_000_000,
        futexes=(Futex(LOCK, 0x7000, FutexKind.LOCK, 4, int(share * SECOND)),),
        threads=(ThreadTotals(ONE, LOCK, 4, SECOND),),
        waits=(FutexWait(ONE, LOCK, 0x7000, since_ns),),
        wakeups=(WakeUp(LOCK, OTHER, ONE, 2),),
        gil=GilUse(((ONE, share),), OTHER, ((OTHER, 3),), 4),
        disagreements=(Disagreement(OWN_WAITS, Dispute.UNSEEN, ONE, LOCK, since_ns),),
        confirmed=(17,),
        untold=2,
        lost=3,
        notes=notes,
    )


def moved(id: int) -> int:
    return FAR + id


def test_every_id_of_a_member_is_moved_and_still_the_kernel_s_own() -> None:
    there = kernel.renamed(view(SECOND, 0.5), lock=moved, other=moved)
    assert there.futexes[0].lock == there.waits[0].lock == there.wakeups[0].lock == FAR + LOCK
    assert there.threads[0].thread == there.waits[0].thread == there.wakeups[0].woken == FAR + ONE
    assert there.gil == GilUse(((FAR + ONE, 0.5),), FAR + OTHER, ((FAR + OTHER, 3),), 4)
    assert there.confirmed == (FAR + 17,)
    assert is_own(there.futexes[0].lock)
    assert is_own_wait(there.disagreements[0].id)
    assert not is_own_wait(there.confirmed[0])


def test_one_view_of_all_has_the_rows_of_all_and_the_busiest_gil() -> None:
    one = view(SECOND, 0.2)
    other = kernel.renamed(view(2 * SECOND, 0.9), lock=moved, other=moved)
    both = kernel.merged([(41, one), (42, other)])
    assert both is not None
    assert [futex.lock for futex in both.futexes] == [FAR + LOCK, LOCK]
    assert [wait.since_ns for wait in both.waits] == [SECOND, 2 * SECOND]
    assert (both.gil, both.since_ns) == (other.gil, SECOND)
    assert (both.untold, both.lost, both.confirmed) == (4, 3, (17, FAR + 17))


def test_what_is_said_of_all_is_said_once_and_the_rest_with_its_process() -> None:
    views = [(41, view(1, 0, "same", "py-spy may not look")), (42, view(1, 0, "same"))]
    both = kernel.merged(views)
    assert both is not None
    assert both.notes == ("same", "pid 41: py-spy may not look")


def test_of_one_there_is_nothing_to_merge() -> None:
    only = view(SECOND, 0.2)
    assert kernel.merged([(41, only)]) is only
    assert kernel.merged([]) is None
