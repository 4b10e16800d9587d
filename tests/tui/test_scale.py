"""Five thousand locks, as a large server has them."""

from __future__ import annotations

from dataclasses import replace

from locktrace.model import Lock

MANY = 5000


def crowd(view, generation):
    locks = {
        1000 + i: Lock(1000 + i, "Lock", f"Session{i}.lock", acquisitions=i + generation + 1)
        for i in range(MANY)
    }
    snapshot = replace(view.snapshot, locks={**view.snapshot.locks, **locks})
    return replace(view, snapshot=snapshot)


async def test_the_list_is_capped_says_so_and_keeps_the_cursor_on_its_lock(playing, story):
    async with playing(crowd(story.stalled, 0), (200, 60)) as play:
        assert "5,010 · first 500 shown, / finds the others" in play.text()
        await play.press("down", "down", "down")
        chosen = play.cursor_line().split()[3]
        for generation in range(1, 4):
            await play.tell(crowd(story.stalled, generation))
            assert play.cursor_line().split()[3] == chosen


async def test_the_filter_finds_a_lock_that_the_cap_leaves_out(playing, story):
    async with playing(crowd(story.stalled, 0)) as play:
        await play.press("slash", *"Session4999", "enter")
        assert "Session4999.lock" in play.cursor_line()
        assert "1 with “Session4999”" in play.text()
