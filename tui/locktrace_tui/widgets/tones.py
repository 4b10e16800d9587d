"""Tones and cells as Textual draws them. Text is always literal, never markup."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from locktrace_tui.rows.cells import Cell, Tone

STYLES = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.MUTED: "$foreground-muted",
    Tone.ACCENT: "$text-accent",
    Tone.ERROR: "bold $text-error",
    Tone.WARNING: "$text-warning",
    Tone.SUCCESS: "$text-success",
}


def content(cells: Iterable[Cell], between: str = " · ") -> Content:
    """The cells in a line, parted by `between`."""
    parts = [Content.styled(cell.text, STYLES[cell.tone]) for cell in cells]
    return Content.styled(between, STYLES[Tone.MUTED]).join(parts)
