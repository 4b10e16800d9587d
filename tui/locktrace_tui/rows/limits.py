"""How much of a long list is shown."""

from __future__ import annotations

from locktrace_tui.rows.cells import Cell, Row, Tone

MOST_ROWS = 500
"""More rows than this no one reads, and a live screen has to be made four times a second."""


def rest(sentence: str) -> Row:
    """The last row of a list that is not all there."""
    return Row("rest", (Cell(sentence, Tone.MUTED),), spans=True)
