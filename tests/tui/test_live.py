"""What the app does with the views that come: live, paused, ended."""

from __future__ import annotations

from dataclasses import replace

TIMES = "\N{MULTIPLICATION SIGN}"


async def test_the_story_is_seen_as_it_unfolds_without_a_key_pressed(playing, story):
    async with playing(story.leaked) as play:
        assert "LEAK — V2Filter.ip_table: 412 read locks" in play.text()
        assert "✘ leaked" in play.cursor_line()
        await play.tell(story.stalled)
        assert "STALLED — V2Filter.ip_table: 8 readers are blocked" in play.text()
        assert f"R{TIMES}1284" in play.cursor_line()
        assert "W  reloader reload of the IP table" in play.line_with("reloader reload")
        await play.tell(story.ended)
        assert "■ ENDED The target (pid 4711) was killed by SIGKILL." in play.text()
        assert f"R{TIMES}1284" in play.cursor_line()


async def test_after_the_end_the_feed_is_not_asked_any_more(playing, story):
    async with playing(story.stalled) as play:
        await play.tell(story.ended)
        await play.until(lambda: all(w.is_finished for w in play.app.workers))
        polls = play.feed.polls
        await play.press("down", "s", "tab")
        assert play.feed.polls == polls


async def test_a_paused_picture_stands_still_while_the_session_goes_on(playing, story):
    async with playing(story.leaked) as play:
        await play.press("p")
        play.feed.tell(story.stalled)
        polls = play.feed.polls
        await play.until(lambda: play.feed.polls > polls + 2)
        play.clock.now += 12
        await play.until(lambda: "PAUSED 12.0 s" in play.text())
        assert "412 read locks" in play.text()
        assert "1284" not in play.text()
        await play.press("p")
        assert f"R{TIMES}1284" in play.cursor_line()
        assert "● LIVE" in play.text()


async def test_space_pauses_too_and_the_banner_says_if_the_target_ends_meanwhile(playing, story):
    async with playing(story.stalled) as play:
        await play.press("space")
        play.feed.tell(story.ended)
        await play.until(lambda: "target ended" in play.text())
        assert "‖ PAUSED" in play.text()
        await play.press("space")
        assert "■ ENDED" in play.text()


async def test_a_notice_is_told_once(playing, story, monkeypatch):
    notice = "The stall snapshot could not be saved: the disk is full."
    told = []
    async with playing(story.leaked) as play:
        monkeypatch.setattr(play.app, "notify", lambda message, **_: told.append(message))
        await play.tell(replace(story.stalled, notice=notice))
        await play.tell(replace(story.stalled, notice=notice))
    assert told == [notice]


async def test_quitting_ends_the_polling(playing, story):
    async with playing(story.stalled) as play:
        await play.pilot.press("q")
    polls = play.feed.polls
    assert all(worker.is_finished for worker in play.app.workers)
    assert play.feed.polls == polls
