"""Several processes on one screen: a column for the pid, and only where there is a choice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.family.apart import Apart
from locktrace.family.joining import Part, join
from locktrace.family.merging import merged
from locktrace.view import Member

SMALL, LARGE = (80, 24), (200, 60)


def family(view, *, ended=False, shared=""):
    """The story's server twice: the first as it is, and a worker that has leaked; they share the
    lock of that name, if one is given."""
    snapshot = view.snapshot
    locks = {
        id: replace(lock, os_id="0:1:77") if lock.name == shared else lock
        for id, lock in snapshot.locks.items()
    }
    view = replace(view, snapshot=replace(snapshot, locks=locks))
    process = replace(view.snapshot.process, pid=4712)
    worker = replace(view, snapshot=replace(view.snapshot, process=process))
    members = Member(0, view.snapshot.process), Member(1, process, ended)
    calm = replace(view, findings=())
    views = [(members[0], Apart(0), calm), (members[1], Apart(1), worker)]
    joint = join([Part(m.number, apart.snapshot(v.snapshot)) for m, apart, v in views])
    return merged(views, joint)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_each_lock_has_its_pid_and_each_finding_names_it(playing, story, size):
    async with playing(family(story.leaked), size) as play:
        assert "pid 4711 + 1" in play.text()
        assert "pid 4712: V2Filter.ip_table" in play.text()
        assert "4712" in play.cursor_line()
        rows = [line for line in play.lines() if "Counters" in line]
        assert len([line for line in rows if "4711" in line]) == 1
        assert len([line for line in rows if "4712" in line]) == 1


async def test_a_process_that_has_ended_is_marked(playing, story):
    async with playing(family(story.leaked, ended=True), LARGE) as play:
        assert "■ 4712" in play.text()
        assert "■ 4711" not in play.text()


async def test_a_lock_that_both_share_is_there_once_with_both_pids(playing, story):
    async with playing(family(story.leaked, shared="Counters.lock"), LARGE) as play:
        [row] = [line for line in play.lines() if "Counters.lock" in line]
        assert "4711 +1" in row


async def test_the_column_comes_and_goes_with_the_second_process(playing, story):
    async with playing(story.leaked, LARGE) as play:
        assert " pid " not in play.line_with("acq/s")
        await play.tell(family(story.leaked))
        assert " pid " in play.line_with("acq/s")
        await play.tell(story.leaked)
        assert " pid " not in play.line_with("acq/s")


def test_what_has_not_changed_is_made_once(story):
    apart = Apart(3)
    once, again = apart.snapshot(story.leaked.snapshot), apart.snapshot(story.leaked.snapshot)
    assert all(again.locks[id] is lock for id, lock in once.locks.items())
    assert all(a is b for a, b in zip(once.holds, again.holds, strict=True))
