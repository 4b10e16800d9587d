"""What the screens look like, as pictures that a person can open.

Stored are SVG files; compared is the text that can be read in them, cell by cell, because
colours, fonts, scrollbars and ids change with Textual's version and our layout does not.
``LOCKTRACE_UPDATE_SNAPSHOTS=1`` draws them anew; look at the pictures before you commit them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

PICTURES = Path(__file__).parent / "snapshots"
SMALL, LARGE = (80, 24), (200, 60)
TO_THE_STALL = ["shift+tab", "enter"]


@pytest.mark.parametrize(
    ("name", "act", "size", "keys"),
    [
        ("leaked-80x24", "leaked", SMALL, []),
        ("stalled-80x24", "stalled", SMALL, []),
        ("stalled-200x60", "stalled", LARGE, []),
        ("ended-80x24", "ended", SMALL, []),
        ("silent-80x24", "silent", SMALL, []),
        ("silent-snapshot-80x24", "silent", SMALL, TO_THE_STALL),
        ("stall-snapshot-80x24", "stalled", SMALL, TO_THE_STALL),
    ],
)
async def test_the_screen_looks_as_it_did(playing, story, text_of, name, act, size, keys):
    async with playing(getattr(story, act), size) as play:
        if keys:
            await play.press(*keys)
        drawn = _normal(play.svg())
    stored = PICTURES / f"{name}.svg"
    if os.environ.get("LOCKTRACE_UPDATE_SNAPSHOTS") == "1":
        stored.write_text(drawn, encoding="utf-8")
    assert text_of(drawn) == text_of(stored.read_text(encoding="utf-8"))


def _normal(svg: str) -> str:
    """Without the ids, which differ from run to run, and without fonts from the network."""
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
