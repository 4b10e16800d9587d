"""Every key that the footer and the help speak of, in a real terminal's size."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from locktrace.errors import CannotSaveError

TIMES = "\N{MULTIPLICATION SIGN}"

SMALL, LARGE = (80, 24), (200, 60)
PANES = ["lock-table", "holders", "waiters", "findings-table", "blocked-table", "stalls-table"]


def order(play):
    """The names in the locks table, from the top."""
    table = play.app.screen.query_one("#lock-table")
    return [row.cells[1].text for row in table.rows]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_tab_goes_through_all_panes_and_back(playing, story, size):
    async with playing(story.stalled, size) as play:
        seen = []
        for _ in PANES:
            seen.append(play.app.focused.id)
            await play.press("tab")
        assert seen == PANES
        assert play.app.focused.id == PANES[0]
        await play.press("shift+tab")
        assert play.app.focused.id == PANES[-1]
        assert "22:13:27" in play.text()


async def test_keys_that_come_faster_than_they_are_handled_are_not_lost(playing, story):
    async with playing(story.stalled) as play:
        for _ in range(3):
            play.app.post_message(events.Key("tab", None))
        await play.until(lambda: play.app.focused.id == PANES[3])


async def test_in_a_small_window_the_tab_key_brings_each_pane_into_sight(playing, story):
    async with playing(story.stalled) as play:
        await play.press("tab", "tab", "tab", "tab")
        assert "query beta.example. A" in play.text()
        assert f"V2Filter.ip_table R{TIMES}2" in play.text()
        assert "as waiters" not in play.text()


async def test_in_a_large_window_everything_is_seen_at_once(playing, story):
    async with playing(story.stalled, LARGE) as play:
        text = play.text()
    for part in ("Locks", "Findings 2", "Blocked handlers 9", "Stall snapshots 1", "# as waiters"):
        assert part in text


async def test_a_window_that_changes_its_size_is_arranged_anew(playing, story):
    async with playing(story.stalled, LARGE) as play:
        await play.pilot.resize_terminal(*SMALL)
        await play.pilot.pause()
        assert "Blocked handlers" not in play.text()
        assert "Blocked 9" in play.text()
        await play.pilot.resize_terminal(*LARGE)
        await play.pilot.pause()
        assert "Blocked handlers 9" in play.text()


async def test_s_sorts_by_the_next_column_and_the_cursor_stays_with_its_lock(playing, story):
    async with playing(story.stalled) as play:
        await play.press("down")
        assert "Counters.lock" in play.cursor_line()
        for _ in range(6):
            await play.press("s")
        assert order(play) == sorted(order(play), key=lambda n: n.removeprefix("▸ ").casefold())
        assert "lock▼" in play.text()
        assert "Counters.lock" in play.cursor_line()


async def test_i_shows_inner_locks_below_their_compound(playing, story):
    async with playing(story.stalled) as play:
        assert not [name for name in order(play) if "mutex" in name]
        await play.press("i")
        assert order(play)[:2] == ["▾ V2Filter.ip_table", "└ V2Filter.ip_table.mutex"]
        await play.press("i")
        assert not [name for name in order(play) if "mutex" in name]


async def test_the_filter_narrows_as_it_is_typed_and_escape_clears_it(playing, story):
    async with playing(story.stalled) as play:
        await play.press("slash", *"beta")
        assert order(play) == ["▸ V2Filter.ip_table"]
        await play.press("enter")
        assert play.app.focused.id == "lock-table"
        assert "1 with “beta”" in play.text()
        await play.press("escape")
        assert len(order(play)) == 8


async def test_letters_in_the_filter_are_letters_and_not_keys(playing, story):
    async with playing(story.stalled) as play:
        await play.press("slash", *"qspdi", "space", "question_mark")
        assert play.app.is_running
        assert order(play) == []
        await play.press("escape")
        assert len(order(play)) == 8
        assert "● LIVE" in play.text()


async def test_enter_on_a_lock_goes_to_its_details(playing, story):
    async with playing(story.stalled) as play:
        await play.press("enter")
        assert play.app.focused.id == "holders"


async def test_enter_on_a_finding_tells_it_in_full(playing, story):
    async with playing(story.stalled) as play:
        await play.press("tab", "tab", "tab", "enter")
        text = play.text()
        assert "the writer cannot go on until those are released." in text
        assert "certainty held by" in text
        assert "→ self.ip_table.lock()" in text
        await play.press("escape")
        assert play.app.focused.id == "findings-table"


async def test_enter_on_a_stall_snapshot_shows_the_stacks_with_the_lock_lines(playing, story):
    async with playing(story.stalled) as play:
        await play.press("shift+tab", "enter")
        assert "10 threads, stacks from py-spy" in play.text()
        assert "→ waits V2Filter._addresses v2.py:3 self.ip_table.r_lock()" in play.text()
        await play.press("end")
        assert "MainThread [4200]" in play.text()
        await play.press("escape")
        assert play.app.focused.id == "stalls-table"


async def test_the_older_of_two_stall_snapshots_can_be_opened(playing, story):
    first = replace(story.stalled.stalls[0], id="the-first", stacks_note="py-spy was not found.")
    view = replace(story.stalled, stalls=(first, *story.stalled.stalls))
    async with playing(view, LARGE) as play:
        await play.press("shift+tab", "down", "enter")
        assert "the-first" in play.text()
        assert "▲ py-spy was not found." in play.text()


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_help_names_every_key_and_closes_again(playing, story, size):
    async with playing(story.stalled, size) as play:
        await play.press("question_mark")
        text = play.text()
        for words in (
            "filter the locks",
            "sort by",
            "inner locks",
            "picture still",
            "snapshot now",
        ):
            assert words in text
        assert "has returned the function that took the lock ended" in text
        await play.press("escape")
        assert "sort by the next column" not in play.text()


async def test_d_dumps_and_tells_the_path(playing, story):
    async with playing(story.stalled, LARGE) as play:
        play.feed.dumps = [Path("/var/tmp/[bold]stall.json")]
        await play.press("d")
        await play.until(lambda: "/var/tmp/[bold]stall.json" in play.text())


async def test_a_dump_that_fails_is_a_sentence_and_the_screen_goes_on(playing, story):
    async with playing(story.leaked, LARGE) as play:
        play.feed.dumps = [CannotSaveError("The folder /var/full is full.")]
        await play.press("d")
        await play.until(lambda: "The folder /var/full is full." in play.text())
        await play.tell(story.stalled)
        assert "STALLED" in play.text()


async def test_keys_work_while_a_dump_takes_its_time(playing, story):
    async with playing(story.stalled) as play:
        release = threading.Event()

        def slow_dump() -> Path:
            release.wait(60)
            return Path("late.json")

        play.feed.dump = slow_dump
        try:
            await play.press("d", "down")
            assert "Counters.lock" in play.cursor_line()
        finally:
            release.set()
        await play.until(lambda: "late.json" in play.text())


@pytest.mark.parametrize(
    "keys", [["q"], ["shift+tab", "enter", "q"], ["ctrl+c"], ["question_mark", "ctrl+c", "ctrl+c"]]
)
async def test_q_and_ctrl_c_quit_from_every_screen(playing, story, keys):
    async with playing(story.stalled) as play:
        await play.pilot.press(*keys)
        await play.pilot.pause()
        assert not play.app.is_running
        assert play.app.return_code == 0
