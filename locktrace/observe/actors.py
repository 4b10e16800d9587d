"""The threads and tasks that an observer has met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from locktrace.model import Actor

MAX_ENDED = 4096
"""So many of the latest that have ended are remembered; a server may start a thread a query."""


class Actors:
    """By id in `known`: all that live, the latest that have ended, and who still holds or waits."""

    def __init__(self) -> None:
        self.known: dict[int, Actor] = {}
        self._ended: dict[int, None] = {}  # in the order in which they have

    def define(self, actor: Actor) -> None:
        self.known[actor.id] = actor
        self._ended.pop(actor.id, None)
        if actor.ended:
            self._ended[actor.id] = None

    def relabel(self, id: int, label: str) -> None:
        """What the actor works on from now on."""
        actor = self.known.get(id)
        if actor is not None and actor.label != label:
            self.known[id] = replace(actor, label=label)

    def run(self, pairs: Iterable[tuple[int, int | None]]) -> None:
        """Each thread that runs an event loop, with the task that runs in it."""
        running = dict(pairs)
        for id, actor in self.known.items():
            if actor.task != running.get(id):
                self.known[id] = replace(actor, task=running.get(id))

    def end(self, ids: Iterable[int]) -> None:
        """They have ended; one that nobody knows is nothing."""
        for id in ids:
            if id in self.known:
                self.known[id] = replace(self.known[id], ended=True)
                self._ended[id] = None

    @property
    def overflow(self) -> bool:
        """Whether it is time for `forget`."""
        return len(self._ended) > 2 * MAX_ENDED

    def forget(self, busy: set[int]) -> None:
        """The earliest that have ended, but for `busy`, who hold or wait still."""
        for id in list(self._ended)[:-MAX_ENDED]:
            if id not in busy:
                del self._ended[id], self.known[id]
