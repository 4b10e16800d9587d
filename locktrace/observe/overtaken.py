"""What a picture leaves out although the event that ends it is still to come.

A picture is taken at once, events lie in the ring until the agent's next turn.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Generic, TypeVar

from locktrace.model import Hold, Wait

KEPT_NS = 5_000_000_000  # the longest that an event may be behind a picture

Item = TypeVar("Item", Hold, Wait)


class Overtaken(Generic[Item]):
    """Holds or waits that are in no picture any more, until their end is told."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[int, Item]] = {}

    def leave(self, before: Mapping[int, Item], now: Container[int], at_ns: int) -> None:
        """The picture of `at_ns` has `now` of what there was `before`."""
        kept = {id: left for id, left in self._left.items() if at_ns - left[0] < KEPT_NS}
        gone = {id: (at_ns, item) for id, item in before.items() if id not in now}
        self._left = kept | gone

    def take(self, id: int) -> Item | None:
        """That one, whose end has come; None if it is not here."""
        _, item = self._left.pop(id, (0, None))
        return item

    def take_of(self, lock: int) -> list[Item]:
        """Those of a lock that is gone."""
        return [self._left.pop(id)[1] for id, (_, i) in list(self._left.items()) if i.lock == lock]

    def clear(self) -> None:
        """Events were lost: whose end was told is not known."""
        self._left.clear()
