"""Entries of primitives written in Python: they keep their class, so their entry is beside them."""

from __future__ import annotations

from sys import _getframe
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from locktrace.agent.ledger import HIDDEN, Entry
from locktrace.agent.primitives import tap


class EntryTable:
    """Entry by object address, dropped with the object.

    An object that takes no weak reference keeps its entry until one is made anew at its address.
    """

    def __init__(self, kind: str, hidden_from: CodeType | None = None) -> None:
        self.kind = kind
        self._hidden_from = hidden_from
        self._rows: dict[int, tuple[Entry | None, ref[Any] | None]] = {}

    def of(self, lock: object) -> Entry | None:
        """The entry of `lock`, None if it is not traced; made now for one older than tracing."""
        row = self._rows.get(id(lock))
        return row[0] if row is not None else self._add(lock, tap.create(self.kind, None))

    def traced_init(self, original: Any) -> Any:
        """A constructor that calls `original`: locks made meanwhile are the new one's inner locks.

        One called from the code `hidden_from`, and all within it, is not traced.
        """

        def init(lock: Any, *args: Any, **kwargs: Any) -> None:
            frame = _getframe(1)
            if frame.f_code is not self._hidden_from:
                self._construct(lock, frame, original, args, kwargs)
                return
            actor = tap.recorder.actor()
            outer, actor.building = actor.building, HIDDEN
            try:
                self._construct(lock, frame, original, args, kwargs)
            finally:
                actor.building = outer

        return init

    def _construct(self, lock: object, frame: FrameType, init: Any, args: Any, kwargs: Any) -> None:
        actor = tap.recorder.actor()
        outer = actor.building
        row = self._rows.get(id(lock))
        entry = row[0] if row is not None else None
        if entry is None or entry is not outer:  # else a subclass's constructor has called ours
            entry = self._add(lock, tap.create(self.kind, frame))
        actor.building = entry if entry is not None else outer
        try:
            init(lock, *args, **kwargs)
        finally:
            actor.building = outer

    def _add(self, lock: object, entry: Entry | None) -> Entry | None:
        address, rows = id(lock), self._rows

        def forget(_: ref[Any]) -> None:
            rows.pop(address, None)

        try:
            rows[address] = (entry, ref(lock, forget))
        except TypeError:
            rows[address] = (entry, None)
        return entry
