"""Live locks of one name are told apart by a number: `name`, `name #2`, `name #3`."""

from __future__ import annotations

import heapq


class DistinctNames:
    """Gives each lock the lowest number that no living bearer of its name has."""

    def __init__(self) -> None:
        self._given: dict[int, tuple[str, int]] = {}
        self._ordinals: dict[str, _Ordinals] = {}

    def __len__(self) -> int:
        return len(self._given)

    def __contains__(self, id: int) -> bool:
        return id in self._given

    def bearers(self) -> set[int]:
        """The locks that have a name."""
        return set(self._given)

    def of(self, id: int) -> str:
        """The name of lock `id`, empty if it has none."""
        if id not in self._given:
            return ""
        name, ordinal = self._given[id]
        return name if ordinal == 1 else f"{name} #{ordinal}"

    def give(self, id: int, name: str) -> str:
        """Let lock `id` be called `name`; what it is called in the end."""
        ordinal = self._ordinals.setdefault(name, _Ordinals()).take()
        self._given[id] = name, ordinal
        return self.of(id)

    def rename(self, id: int, name: str) -> None:
        """Lock `id` is going to be called `name`; if it is so already, nothing changes."""
        if self._given.get(id, ("", 0))[0] != name:
            self.take_back(id)

    def take_back(self, id: int) -> None:
        """Lock `id` is gone; without a name nothing changes."""
        if id not in self._given:
            return
        name, ordinal = self._given.pop(id)
        self._ordinals[name].give_back(ordinal)
        if not self._ordinals[name].taken:
            del self._ordinals[name]


class _Ordinals:
    """The numbers from 1 on: the lowest free one is found without a search."""

    def __init__(self) -> None:
        self._last = 0
        self._free: list[int] = []

    @property
    def taken(self) -> int:
        return self._last - len(self._free)

    def take(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        self._last += 1
        return self._last

    def give_back(self, ordinal: int) -> None:
        heapq.heappush(self._free, ordinal)
