"""A stack as lines of text, the frames that matter marked."""

from __future__ import annotations

from collections.abc import Container
from pathlib import PurePath

from locktrace.model import Hold, Site, Stack, Wait
from locktrace.snapshots.layout import clip, clip_start, table
from locktrace.snapshots.source import Source
from locktrace.wording import plain

MOST_FRAMES = 24
_MOST_PLACE = 36
_MOST_FUNCTION = 32


def stack_lines(
    stack: Stack, marked: Container[int], source: Source, width: int, indent: str
) -> list[str]:
    """A frame a line, innermost first: mark, place, function, source."""
    told = _without_bootstrap(stack)
    rows = []
    for position, site in enumerate(told[:MOST_FRAMES]):
        mark = ">" if position in marked else " "
        place = f"{mark} {clip_start(_place(site), _MOST_PLACE - 2)}"
        rows.append((place, plain(site.function), plain(source.line(site).expandtabs(4))))
    lines = table(rows, (_MOST_PLACE, _MOST_FUNCTION, width))
    if len(told) > MOST_FRAMES:
        lines.append(f"  … and {len(told) - MOST_FRAMES} more frames")
    return [clip(indent + line, width) for line in lines]


def lock_frames(stack: Stack, holds: list[Hold], waits: list[Wait]) -> set[int]:
    """The frames of a present stack that have to do with locks.

    A wait is at its very line. A holder has gone on since it took the lock: what is marked
    is where it is now in that function.
    """
    wanted = {wait.site for wait in waits}
    held = {(h.site.file, h.site.function) for h in holds if h.site and not h.returned}
    marked = set()
    for position, frame in enumerate(stack):
        place = (frame.file, frame.function)
        if frame in wanted or place in held:
            marked.add(position)
            held.discard(place)  # of a recursive function, the innermost call
    return marked


def _without_bootstrap(stack: Stack) -> Stack:
    """`stack` without the outermost frames by which `threading` starts every thread."""
    end = len(stack)
    while end > 1 and _starts_threads(stack[end - 1]):
        end -= 1
    return stack[:end]


def _starts_threads(site: Site) -> bool:
    module = PurePath(site.file).name == "threading.py"
    return module and site.function in {
        "Thread.run",
        "Thread._bootstrap_inner",
        "Thread._bootstrap",
    }


def _place(site: Site) -> str:
    """The file with its folder, and the line."""
    return plain(f"{'/'.join(PurePath(site.file).parts[-2:])}:{site.line}")
