from __future__ import annotations

from dataclasses import replace

from locktrace.model import Mode
from locktrace.snapshots.groups import group_holds, group_waits


def test_holds_of_one_line_are_one_group_with_the_oldest_first(stall):
    (group,) = group_holds(stall.snapshot, reversed(stall.snapshot.holds))
    assert len(group.holds) == 40
    assert group.holds[0].id == 100
    assert (group.leaked_holds, group.mode, group.actors) == (40, Mode.SHARED, (11, 12))


def test_a_group_counts_the_leaked_among_its_holds(stall):
    holds = [replace(hold, returned=hold.id < 103) for hold in stall.snapshot.holds if hold.id % 2]
    actors = {id: replace(actor, ended=False) for id, actor in stall.snapshot.actors.items()}
    (group,) = group_holds(replace(stall.snapshot, actors=actors), holds)
    assert (group.leaked, group.leaked_holds, len(group.holds)) == (True, 1, 20)


def test_waits_are_grouped_by_mode_and_line(stall):
    writers, readers = group_waits(stall.snapshot.waits)
    assert (writers.mode, readers.mode) == (Mode.EXCLUSIVE, Mode.SHARED)
