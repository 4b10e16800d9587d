"""Entries of primitives written in Python: they keep their class, so their entry is beside them."""

from __future__ import annotations

from functools import partial
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from locktrace.agent.ledger import HIDDEN
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.recorder import Entry, UsualMaking
from locktrace.agent.stacks import caller

Row = tuple[Entry | None, ref[Any] | None, Entry | None]

_tables: dict[str, EntryTable] = {}


def entry_of(kind: str, lock: object) -> Entry | None:
    """The entry of a lock of that kind, None if it is not traced."""
    table = _tables.get(kind)
    return table.of(lock) if table is not None else None


def is_known(kind: str, lock: object) -> bool:
    """Whether a lock of that kind has been met."""
    table = _tables.get(kind)
    return table is not None and table.known(lock) is not None


class EntryTable:
    """Entry by object address, dropped with the object; `rows` has each first in a tuple.

    An object that takes no weak reference keeps its entry until one is made anew at its address.
    """

    def __init__(self, kind: str, quiet: bool = False) -> None:
        self.kind = kind
        self.quiet = quiet
        self._hidden_from: dict[int, CodeType] = {}
        self.rows: dict[int, Row] = {}
        _tables[kind] = self

    def hide_from(self, function: Any) -> None:
        """What `function` makes is its own affair."""
        code = function.__code__
        self._hidden_from[id(code)] = code

    def known(self, lock: object) -> Entry | None:
        """The entry of `lock`, None if it is not traced or not met yet."""
        row = self.rows.get(id(lock))
        return row[0] if row is not None else None

    def parent(self, lock: object) -> Entry | None:
        """The compound primitive that `add` was told to be the parent of `lock`."""
        row = self.rows.get(id(lock))
        return row[2] if row is not None else None

    def add(self, lock: object, entry: Entry | None, parent: Entry | None = None) -> Entry | None:
        """Let `entry` be that of `lock`, unless it has one; the one it has."""
        return self.rows.setdefault(id(lock), self._row(lock, entry, parent))[0]

    def of(self, lock: object) -> Entry | None:
        """The entry of `lock`, None if it is not traced; made now for one older than tracing."""
        row = self.rows.get(id(lock))
        return (
            row[0] if row is not None else self.put(lock, tap.create(self.kind, None, self.quiet))
        )

    def trace_init(self, patches: Patches, cls: type) -> None:
        """Let each new object of `cls` have an entry."""
        init: Any = cls.__init__  # type: ignore[misc]
        usual = UsualMaking(init, self.rows, self.kind, self.quiet, self._hidden_from)
        patches.wrap(cls, "__init__", self.traced_init, usual)

    def traced_init(self, original: Any) -> Any:
        """A constructor that calls `original`: locks made meanwhile are the new one's inner locks.

        One called from a function that it is hidden from, and all within it, is not traced.
        """

        def init(lock: Any, /, *args: Any, **kwargs: Any) -> None:
            frame = caller()
            if frame is None or id(frame.f_code) not in self._hidden_from:
                self._construct(lock, frame, original, args, kwargs)
                return
            recorder = tap.recorder
            scope = recorder.build(HIDDEN)
            try:
                self._construct(lock, frame, original, args, kwargs)
            finally:
                recorder.built(scope)

        return init

    def _construct(
        self, lock: object, frame: FrameType | None, init: Any, args: Any, kwargs: Any
    ) -> None:
        recorder = tap.recorder
        row = self.rows.get(id(lock))
        known = row[0] if row is not None else None
        outer = recorder.building()
        if known is None or known is not outer:  # else a subclass's constructor has called ours
            known = self.put(lock, tap.create(self.kind, frame, self.quiet))
        scope = recorder.build(known if known is not None else outer)
        try:
            init(lock, *args, **kwargs)
        finally:
            recorder.built(scope)

    def put(self, lock: object, entry: Entry | None) -> Entry | None:
        """Let `entry` be that of `lock`, which is new."""
        self.rows[id(lock)] = self._row(lock, entry)
        return entry

    def _row(self, lock: object, entry: Entry | None, parent: Entry | None = None) -> Row:
        try:
            # In C alone, for an exception in a weak reference's callback is lost.
            return entry, ref(lock, partial(self.rows.pop, id(lock))), parent
        except TypeError:
            return entry, None, parent
