from __future__ import annotations

import random

import pytest

from locktrace.snapshots.layout import cells, clip, clip_start, table, wrap


def test_wide_characters_take_two_cells_and_combining_ones_none():
    assert cells("漢字") == 4
    assert cells("e\u0301") == 1


def test_clipping_keeps_the_start_or_the_end():
    assert clip("abcdef", 4) == "abc…"
    assert clip_start("/a/long/path.py", 8) == "…path.py"
    assert clip("abc", 3) == clip_start("abc", 3) == "abc"


def test_wrapped_lines_are_indented_and_lose_no_word():
    lines = wrap("one two three four", 12, "  ", first="- ")
    assert lines == ["- one two", "  three four"]


@pytest.mark.parametrize("seed", range(50))
def test_nothing_is_wider_than_it_may_be(seed):
    chance = random.Random(seed)
    words = ["".join(chance.choices("ab漢/é", k=chance.randint(1, 60))) for _ in range(20)]
    width = chance.randint(12, 50)
    lines = wrap(" ".join(words), width, "   ")
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert all(cells(clip(word, width)) <= width for word in words)
    assert all(cells(clip_start(word, width)) <= width for word in words)


def test_columns_are_aligned_and_capped():
    rows = [("name", "n"), ("a very long name", "100")]
    assert table(rows, (8, 5), right={1}) == ["name        n", "a very …  100"]
