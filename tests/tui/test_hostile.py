"""Names and labels come from a target, and at times from its clients."""

from __future__ import annotations

from dataclasses import replace

import pytest

SMALL, LARGE = (80, 24), (200, 60)
EVIL = "[red]x[/] [@click=app.quit]q[/] \x1b[2J\x1b]0;own\x07 \u202eevil \n\r\t\x00\x9b31m $HOME [/"


def poisoned(view):
    snapshot = view.snapshot
    locks = {i: replace(lock, name=EVIL, kind=EVIL) for i, lock in snapshot.locks.items()}
    actors = {i: replace(a, name=EVIL, label=EVIL) for i, a in snapshot.actors.items()}
    process = replace(snapshot.process, command=(EVIL,), python=EVIL, core=EVIL)
    waits = tuple(
        replace(w, label=EVIL, stack=tuple(replace(s, file=EVIL, function=EVIL) for s in w.stack))
        for w in snapshot.waits
    )
    poison = replace(snapshot, locks=locks, actors=actors, process=process, waits=waits)
    findings = tuple(replace(f, message=EVIL, kind=EVIL) for f in view.findings)
    stalls = tuple(
        replace(s, id=EVIL, snapshot=poison, findings=findings, stacks_note=EVIL)
        for s in view.stalls
    )
    return replace(view, snapshot=poison, findings=findings, stalls=stalls, ended=EVIL, notice=EVIL)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("keys", [[], ["tab", "tab", "tab", "enter"], ["shift+tab", "enter"]])
async def test_names_are_shown_as_they_are_and_do_nothing(playing, story, size, keys):
    async with playing(poisoned(story.stalled), size) as play:
        await play.press(*keys)
        svg = play.svg()
        assert play.app.is_running
        assert "[red]x[/]" in svg.replace("&#160;", " ")
        for forbidden in ("\x1b", "\x07", "\x00", "\x9b", "\u202e", "\r"):
            assert forbidden not in svg


async def test_a_lock_without_a_name_has_its_kind_and_number(playing, story):
    snapshot = story.leaked.snapshot
    locks = {i: replace(lock, name="") for i, lock in snapshot.locks.items()}
    view = replace(story.leaked, snapshot=replace(snapshot, locks=locks))
    async with playing(view) as play:
        assert "RWMutex 1" in play.cursor_line()
