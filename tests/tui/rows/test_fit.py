from __future__ import annotations

import pytest
from rich.cells import cell_len

from locktrace_tui.rows.cells import Cell, Column, Row
from locktrace_tui.rows.fit import column_widths, cut, gap, pad, wrap

TEXTS = ("", "short", "V2Filter._addresses (v2.py:3)", "日本語のロック名前", "e\u0301tude lock")
COLUMNS = (
    Column("state", "state", least=8, most=12),
    Column("name", "lock", least=10, middle=True),
    Column("rate", "acq/s", least=6, most=8, right=True, drop=2),
    Column("share", "cont %", least=6, most=6, right=True, drop=1),
)
ROWS = [Row(i, (Cell("held"), Cell("a" * 5 * i), Cell("1"), Cell("2"))) for i in range(1, 9)]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("middle", [False, True])
def test_a_cut_text_never_takes_more_room_than_it_has(text, middle):
    for width in range(40):
        assert cell_len(cut(text, width, middle=middle)) <= width


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("right", [False, True])
def test_a_padded_text_takes_all_the_room_it_has(text, right):
    for width in range(cell_len(text), 40):
        assert cell_len(pad(text, width, right=right)) == width


def test_a_path_is_cut_in_its_middle_so_that_the_line_number_stays():
    assert cut("V2Filter._addresses (v2.py:3)", 20, middle=True) == "V2Filter.… (v2.py:3)"


def test_text_that_fits_is_left_alone():
    assert cut("lock", 4) == "lock"


@pytest.mark.parametrize("text", TEXTS)
def test_wrapping_loses_nothing_but_blanks(text):
    for width in range(2, 40):
        lines = wrap(text, width)
        assert all(cell_len(line) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_columns_fill_the_window_exactly_at_any_width():
    for width in range(40, 220):
        widths = column_widths(COLUMNS, ROWS, width)
        seen = [w for w in widths if w]
        assert sum(seen) + gap(width) * (len(seen) - 1) == width


def test_columns_are_left_out_in_the_order_they_say_and_others_never():
    dropped = [
        [c.key for c, w in zip(COLUMNS, column_widths(COLUMNS, ROWS, width), strict=True) if not w]
        for width in (60, 30, 20, 5)
    ]
    assert dropped == [[], ["rate"], ["rate", "share"], ["rate", "share"]]


def test_room_to_spare_goes_to_the_column_without_a_most():
    widths = column_widths(COLUMNS, ROWS, 200)
    assert widths[0] == 8
    assert widths[1] > 150
