"""Read-write locks of libraries, as their `with` blocks and the waits for them show them.

`readerwriterlock` gives out an object for each mode of a lock, which is what a `with` block
keeps; that of `fasteners` is taken by a generator, which is suspended while it is held.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, NamedTuple

from locktrace.agent.arrival.slots import Slots
from locktrace.agent.arrival.stack import Types, variable

_RWLOCKS = ("RWLockRead", "RWLockWrite", "RWLockFair", "RWLockReadD", "RWLockWriteD", "RWLockFairD")
_FASTENERS = (
    ("read_lock", "_acquire_read_lock", True),
    ("write_lock", "_acquire_write_lock", False),
)


class Taken(NamedTuple):
    """A lock, and whether for reading."""

    lock: object
    shared: bool


class Libraries:
    """Those that the program has loaded."""

    def __init__(self) -> None:
        self.classes: dict[type, str] = {}
        """The locks, with their kinds."""
        self.acquires: dict[CodeType, tuple[str, bool]] = {}
        """The kind and mode of what each function takes that may wait."""
        self._roles: dict[type, bool] = {}
        self._generators: dict[CodeType, bool] = {}
        self._learn_readerwriterlock()
        self._learn_fasteners()

    def _learn_readerwriterlock(self) -> None:
        module = sys.modules.get("readerwriterlock.rwlock")
        for name in _RWLOCKS if module is not None else ():
            cls = vars(module).get(name)
            if not isinstance(cls, type):
                continue
            self.classes[cls] = name
            for role, shared in (("_aReader", True), ("_aWriter", False)):
                given: Any = vars(cls).get(role)
                code = _code_of(given, "acquire")
                if isinstance(given, type) and code is not None:
                    self._roles[given] = shared
                    self.acquires[code] = name, shared

    def _learn_fasteners(self) -> None:
        module = sys.modules.get("fasteners")
        cls = vars(module).get("ReaderWriterLock") if module is not None else None
        if not isinstance(cls, type):
            return
        self.classes[cls] = "ReaderWriterLock"
        for generator, acquire, shared in _FASTENERS:
            held, taking = _code_of(cls, generator), _code_of(cls, acquire)
            if held is not None and taking is not None:
                self._generators[held] = shared
                self.acquires[taking] = "ReaderWriterLock", shared

    @property
    def managers(self) -> Types:
        """What a `with` block may keep for such a lock."""
        return tuple(self._roles)

    def lock_of(self, given: object) -> object:
        """The lock that an object for one mode belongs to; of anything else that itself."""
        return vars(given).get("c_rw_lock") if type(given) in self._roles else given

    def behind(self, manager: object) -> Iterator[Taken]:
        """What an object for one mode holds, if it does."""
        if vars(manager).get("v_locked") is True:
            yield Taken(self.lock_of(manager), self._roles[type(manager)])

    def held_by(self, generator: FrameType, slots: Slots) -> Iterator[Taken]:
        """What the generator of a `with` block, which is suspended, holds for it, if that is
        one of a library's."""
        shared = self._generators.get(generator.f_code)
        if shared is not None:
            lock = variable(generator, "self", slots, tuple(self.classes))
            if lock is not None and vars(lock).get("_readers" if shared else "_writer"):
                yield Taken(lock, shared)


def _code_of(cls: object, name: str) -> CodeType | None:
    """The code of a method as its class wrote it, under whatever has been put over it."""
    function: Any = vars(cls).get(name) if isinstance(cls, type) else None
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None
