"""The Python core's actors: threads, from when they first touch a lock, and tasks."""

from __future__ import annotations

import threading
from _thread import get_ident, get_native_id
from collections import deque
from collections.abc import Callable
from weakref import WeakValueDictionary

from locktrace.agent.ledger import Actor

MAX_LATEST = 64  # actors that are told of although they have ended
MAX_FORETOLD = 256  # threads that somebody waits for and that have touched no lock yet


class _Life:
    """Kept in a thread's locals only, so that its finalizer marks the end of the thread."""

    __slots__ = ("actor",)

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def __del__(self) -> None:
        self.actor.ended = True


class PythonActors:
    """All that are `known`, by id; `presence.actor` is the calling thread's, once it has one."""

    def __init__(self, next_id: Callable[[], int]) -> None:
        self.known: WeakValueDictionary[int, Actor] = WeakValueDictionary()
        self.presence = threading.local()
        self._next_id = next_id
        self._latest: deque[Actor] = deque(maxlen=MAX_LATEST)
        self._foretold: dict[int, Actor] = {}

    def here(self) -> Actor:
        """The calling thread's."""
        try:
            known: Actor = self.presence.actor
        except AttributeError:
            pass
        else:
            return known
        actor = self._foretold.pop(get_ident(), None) if self._foretold else None
        if actor is None or actor.native_id != get_native_id():
            actor = self.add(get_ident(), get_native_id())
        self.presence.life = _Life(actor)
        self.presence.actor = actor
        return actor

    def thread(self, ident: int, native_id: int) -> Actor:
        """That thread's; it need not have touched a lock yet."""
        for row in self.known.valuerefs():
            actor = row()
            if actor is None or actor.ended or actor.name is not None:
                continue
            if (actor.ident, actor.native_id) == (ident, native_id):
                return actor
        while len(self._foretold) >= MAX_FORETOLD:
            self._foretold.pop(next(iter(self._foretold)), None)
        self._foretold[ident] = foretold = self.add(ident, native_id)
        return foretold

    def add(self, ident: int, native_id: int, name: str | None = None) -> Actor:
        """A new one; the latest of them are kept even if nobody else does."""
        actor = Actor(self._next_id(), ident, native_id, name)
        self.known[actor.id] = actor
        self._latest.append(actor)
        return actor
