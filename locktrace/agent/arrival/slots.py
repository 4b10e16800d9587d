"""How the slots of a frame are read: by the C core, or by `ctypes` where there is none."""

from __future__ import annotations

from types import FrameType
from typing import Protocol


class Slots(Protocol):
    """Reads slots of frames whose threads do not run; each call checks that a frame is still
    at the instruction `lasti`, and says None if it is not."""

    def call(
        self, frame: FrameType, lasti: int, base: int, size: int, types: tuple[type, ...]
    ) -> tuple[str, object, tuple[object, ...]] | None:
        """(method, subject, arguments) of the call whose `size` slots begin at `base`.

        None unless it is of a C method of an object of `types`.
        """
        ...

    def value(
        self, frame: FrameType, lasti: int, index: int, types: tuple[type, ...]
    ) -> object | None:
        """What is in a slot, or what a bound method there is bound to, if it is of `types`."""
        ...
