from __future__ import annotations

SMALL, LARGE = (80, 24), (200, 60)


async def test_a_click_on_a_lock_shows_its_details(playing, story):
    async with playing(story.stalled, LARGE) as play:
        await play.pilot.click("#lock-table", offset=(20, 2))
        await play.pilot.pause()
        assert "Counters.lock" in play.cursor_line()
        assert "5136 acquires" in play.text()
        assert "nobody waits for it" in play.text()


async def test_a_click_on_a_header_sorts_and_a_second_one_turns_round(playing, story):
    async with playing(story.stalled, LARGE) as play:
        table = play.app.screen.query_one("#lock-table")
        await play.pilot.click(table, offset=(20, 0))
        await play.pilot.pause()
        forwards = [row.key for row in table.rows]
        assert "lock▼" in play.text()
        await play.pilot.click(table, offset=(20, 0))
        await play.pilot.pause()
        assert "lock▲" in play.text()
        assert [row.key for row in table.rows] == forwards[::-1]


async def test_a_click_on_a_tab_brings_its_pane_into_sight(playing, story):
    async with playing(story.stalled, SMALL) as play:
        await play.pilot.click("#tab-findings")
        await play.pilot.pause()
        assert "although that function has returned; the oldest 12.0 s ago" in play.text()


async def test_a_double_click_opens_a_stall_snapshot(playing, story):
    async with playing(story.stalled, LARGE) as play:
        await play.pilot.double_click("#stalls-table", offset=(5, 1))
        await play.pilot.pause()
        assert "10 threads, stacks from py-spy" in play.text()
