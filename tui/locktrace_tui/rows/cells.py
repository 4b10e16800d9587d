"""What a table is made of: cells with a tone, rows with a key, columns with their width."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

from locktrace.wording import plain


class Tone(StrEnum):
    """What a text means to the eye; the theme decides on the colour. Never the only sign."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    ACCENT = "accent"
    ERROR = "error"
    WARNING = "warning"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text with its tone.

    Names, labels and source lines come from the target, so everything that could move the
    terminal's cursor or turn the writing around is taken out here, once for all screens.
    """

    text: str
    tone: Tone = Tone.PLAIN

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", plain(self.text))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. ``key`` stays the same over refreshes, so that the cursor can follow it.

    A row that ``spans`` has one cell, which takes the whole width and is wrapped.
    """

    key: Hashable
    cells: tuple[Cell, ...]
    spans: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """How a column behaves when room is short or plenty; widths are in terminal cells.

    A column is as wide as its widest cell, but at least ``least`` and at most ``most``;
    without ``most`` it also takes the room that is left. ``drop`` above 0 lets it be left
    out in a narrow window, the highest first. ``middle`` cuts long text in its middle, as
    suits paths, and ``wraps`` breaks it into several lines instead.
    """

    key: str
    label: str
    least: int
    most: int | None = None
    right: bool = False
    middle: bool = False
    wraps: bool = False
    drop: int = 0
    sortable: bool = False
