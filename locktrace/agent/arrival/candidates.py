"""Who is likely to hold a lock that was taken by a bare `acquire()`: nothing on a stack tells.

A frame that may have acquired the lock on its way to where it is, and has not released it. For a
lock that knows its owner this says where that was.
"""

from __future__ import annotations

import _thread
import re
import sys
from collections.abc import Container, Iterable, Iterator
from types import CodeType, FrameType
from typing import Any, NamedTuple

from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.holds import GENERATED, Held, frames, generator_frame
from locktrace.agent.arrival.open_calls import Methods, open_acquires
from locktrace.agent.arrival.paths import Use, resolve
from locktrace.agent.arrival.slots import Slots
from locktrace.agent.arrival.stack import managers
from locktrace.agent.primitives.rwlock import RWLockSpec

LOCK_METHODS: Methods = (("acquire", "release"), ("acquire_lock", "release_lock"))
_OWNER = re.compile(r"owner=(\d+)")


class Candidate(NamedTuple):
    """`likely` unless the lock itself names the thread; `shared`: it is held for reading."""

    held: Held
    likely: bool
    shared: bool


class Candidates:
    """Looks for acquires that are open, of locks and of registered read-write locks."""

    def __init__(
        self, slots: Slots, specs: Iterable[RWLockSpec], private: Container[CodeType] = ()
    ) -> None:
        """`private` is code whose locks are nobody else's business."""
        self._slots = slots
        self._private = private
        self._shared: dict[type, dict[str, bool]] = {}
        pairs = list(LOCK_METHODS)
        for spec in specs:
            read, write = spec.read, spec.write
            modes = self._shared.setdefault(spec.cls, {})
            for (acquire, release), attempt, shared in (
                (read, spec.try_read, True),
                (write, spec.try_write, False),
            ):
                for name in filter(None, (acquire, attempt)):
                    modes[name] = shared
                    pairs.append((name, release))
        self._methods = tuple(dict.fromkeys(pairs))

    def of(self, innermost: FrameType, ident: int) -> Iterator[Candidate]:
        """What the frames of thread `ident` may hold."""
        for frame in frames(innermost):
            code = frame.f_code
            if code in self._private or code.co_filename in kinds.PRIVATE_FILES:
                continue
            lasti = frame.f_lasti
            for use in open_acquires(frame.f_code, lasti, self._methods):
                subject = resolve(use.path, frame, self._slots)
                yield from self._judge(Held(subject, frame, lasti, use.offset), use, ident)
            for manager in managers(frame, self._slots, GENERATED):
                inner = generator_frame(manager.subject)
                for use in self._open_in(inner):
                    subject = resolve(use.path, inner, self._slots) if inner is not None else None
                    yield from self._judge(Held(subject, frame, lasti, manager.site), use, ident)

    def _open_in(self, frame: FrameType | None) -> Iterable[Use]:
        if frame is None:
            return ()
        return open_acquires(frame.f_code, frame.f_lasti, self._methods)

    def _judge(self, held: Held, use: Use, ident: int) -> Iterator[Candidate]:
        held = held._replace(subject=_behind(held.subject))
        shared = self._shared.get(type(held.subject), {}).get(use.method)
        if shared is not None:
            yield Candidate(held, likely=True, shared=shared)
        elif isinstance(held.subject, _thread.RLock):
            if owner_of(held.subject) == ident:
                yield Candidate(held, likely=False, shared=False)
        elif isinstance(held.subject, kinds.LOCKS):
            yield Candidate(held, likely=True, shared=False)


def _behind(subject: Any) -> object:
    """The lock of a handler of `logging`, by whose own `acquire` it is taken; else `subject`."""
    handler = vars(sys.modules.get("logging", object)).get("Handler")
    if isinstance(handler, type) and isinstance(subject, handler):
        return subject.__dict__.get("lock")
    return subject


def owner_of(lock: Any) -> int:
    """The ident of the thread that owns an RLock, 0 if none does; its `repr` tells."""
    found = _OWNER.search(_thread.RLock.__repr__(lock))
    return int(found[1]) if found is not None else 0
