"""Where in the source something is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the source; ``function`` is the qualified name."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


Stack = tuple[Site, ...]
"""Innermost frame first, the tracer's own frames left out; may be cut at a depth."""


def frame_at(stack: Stack, index: int) -> Site | None:
    """The frame at `index`, or the outermost where the stack was cut before it."""
    return stack[min(index, len(stack) - 1)] if stack else None
