from __future__ import annotations

from locktrace.model import Mode
from locktrace.snapshots.groups import group_holds, group_waits


def test_holds_of_one_line_are_one_group_with_the_oldest_first(stall):
    (group,) = group_holds(stall.snapshot, reversed(stall.snapshot.holds))
    assert len(group.holds) == 40
    assert group.holds[0].id == 100
    assert (group.leaked, group.mode, group.actors) == (True, Mode.SHARED, (11, 12))


def test_waits_are_grouped_by_mode_and_line(stall):
    writers, readers = group_waits(stall.snapshot.waits)
    assert (writers.mode, readers.mode) == (Mode.EXCLUSIVE, Mode.SHARED)
