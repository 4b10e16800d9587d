"""What the environment says about the agent; anything unusable there counts as unset."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_FRAMES = 4  # each costs the Python core some 150 ns on every acquire
MAX_FRAMES = 32


class Settings:
    """`frames` is the depth of recorded stacks; `fd` an inherited connection to an observer."""

    __slots__ = ("fd", "frames")

    def __init__(self, frames: int = DEFAULT_FRAMES, fd: int | None = None) -> None:
        self.frames = frames
        self.fd = fd

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        frames = _number(environ.get("LOCKTRACE_FRAMES"))
        return cls(
            frames=min(max(frames, 1), MAX_FRAMES) if frames is not None else DEFAULT_FRAMES,
            fd=_number(environ.get("LOCKTRACE_FD")),
        )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
