"""The help: keys, and the signs that the tables use."""

from __future__ import annotations

from locktrace_tui.rows.cells import Cell, Column, Row, Tone
from locktrace_tui.rows.signs import TIMES

COLUMNS = (Column("sign", "", least=14, most=14), Column("meaning", "", least=30, wraps=True))

_KEYS = (
    ("↑ ↓ PgUp PgDn", "move the cursor; it then stays with its row"),
    ("Home", "back to the first row, and follow whichever is the worst"),
    ("Tab  Shift+Tab", "next and previous pane"),
    ("Enter", "open: details of a lock, a finding, a stall snapshot"),
    ("Esc", "back; in the filter: clear it"),
    ("/", "filter the locks by name, kind or label"),
    ("s", "sort by the next column; a click on a header does it too, a second one turns round"),
    ("i", "show or hide inner locks, which belong to a compound primitive"),
    ("u", "show or hide locks that were never used, where there are many"),
    ("p  Space", "hold the picture still; the observation goes on"),
    ("d", "take a snapshot now and save it"),
    ("Ctrl+P", "all commands, the colour themes among them"),
    ("q  Ctrl+C", "quit; the target does not notice"),
)
_SIGNS = (
    ("✘ ▲ ◆", "finding: error, warning, information"),
    ("● ◐ ○ ·", "lock: held, contended, free, never used"),
    ("◌", "awaited: a Condition or Event, which nobody holds"),
    (f"R{TIMES}12", "held by 12 readers; R is shared, W exclusive"),
    ("has returned", "the function that took the lock ended without releasing it"),
)


def help_rows() -> tuple[Row, ...]:
    """Keys first, then the signs."""
    keys = [Row(key, (Cell(key, Tone.ACCENT), Cell(meaning))) for key, meaning in _KEYS]
    signs = [Row(sign, (Cell(sign, Tone.WARNING), Cell(meaning))) for sign, meaning in _SIGNS]
    return (*keys, Row("", (Cell(""),), spans=True), *signs)
