from __future__ import annotations

import pytest

from locktrace_tui.rows.cells import Cell


@pytest.mark.parametrize("bad", ["\x1b", "\n", "\r", "\x00", "\x9b", "\u202e", "\u200b", "\x7f"])
def test_a_cell_holds_nothing_that_could_move_the_cursor_or_turn_the_text(bad):
    assert Cell(f"query {bad}[2Jevil").text.isprintable()


def test_a_cell_leaves_plain_text_of_any_language_alone():
    assert Cell("ロック ключ 🔒 [bold]x[/]").text == "ロック ключ 🔒 [bold]x[/]"
