"""The C core's Python side: the same two contracts, met by functions of `_core`."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from functools import partial
from types import MethodType
from typing import Any

from locktrace.agent import _core
from locktrace.agent.arrival.c_intake import CIntake
from locktrace.agent.ledger import Label, Stack
from locktrace.agent.liveness import stacks_are_whole
from locktrace.agent.reading import (
    SETTLED_NS,
    ActorRow,
    Batch,
    HoldRow,
    LockRow,
    Look,
    TotalsRow,
    WaitRow,
)
from locktrace.agent.recorder import (
    AnyUsual,
    Usual,
    UsualBuilding,
    UsualMaking,
    UsualWait,
    UsualWork,
)
from locktrace.agent.stacks import OWN_FOLDER, WRAPPER_NAMES, WRAPPER_PREFIXES

DEPTH = 8  # frames of a hold or wait
MIN_NAMES = 256  # given names that are kept before those of locks that are gone are looked for


class CRecorder:
    """The writing contract; all but the names are functions of the extension."""

    create = staticmethod(_core.create)
    acquired = staticmethod(_core.acquired)
    attempting = staticmethod(_core.attempting)
    acquired_again = staticmethod(_core.acquired_again)
    released = staticmethod(_core.released)
    released_again = staticmethod(_core.released_again)
    restore = staticmethod(_core.restore)
    waiting = staticmethod(_core.waiting)
    waited = staticmethod(_core.waited)
    build = staticmethod(_core.build)
    built = staticmethod(_core.built)
    building = staticmethod(_core.building)
    relabel = staticmethod(_core.relabel)
    put_label = staticmethod(_core.put_label)
    thread = staticmethod(_core.thread)
    task = staticmethod(_core.task)
    finished = staticmethod(_core.finished)
    id_of = staticmethod(_core.id_of)

    def __init__(self) -> None:
        self.given_names: dict[int, str] = {}
        self._prune_at = MIN_NAMES

    def quicken(self, whole: Any, usual: AnyUsual, /) -> Any:
        match usual:
            case Usual():
                return _core.method(MethodType, whole, *usual)
            case UsualWait():
                return _core.waiting_method(MethodType, whole, *usual)
            case UsualMaking():
                return _core.constructor(MethodType, partial, whole, *usual)
            case UsualBuilding():
                return _core.building_method(MethodType, whole, *usual)
            case UsualWork():
                return _core.working_method(MethodType, whole, *usual)

    def call(self, lock: Any, name: str, /) -> None:
        id = _core.id_of(lock)
        if not id:
            return
        if len(self.given_names) >= self._prune_at:
            alive = {row[0] for row in _core.locks()}
            for gone in [id for id in list(self.given_names) if id not in alive]:
                self.given_names.pop(gone, None)
            self._prune_at = 2 * len(self.given_names) + MIN_NAMES
        self.given_names[id] = name


class CLedger:
    """The reading contract."""

    name = "c"
    note = ""

    def __init__(self, recorder: CRecorder) -> None:
        self._recorder = recorder
        self._stacks: dict[int, Stack] = {}

    def listen(self, on: bool) -> None:
        _core.listen(on)

    def locks(self) -> list[LockRow]:
        return self._lock_rows(_core.locks())

    def totals(self) -> list[TotalsRow]:
        return _core.totals()

    def holds(self) -> list[HoldRow]:
        return _core.holds()

    def waits(self) -> list[WaitRow]:
        return _core.waits()

    def actors(self) -> list[ActorRow]:
        return [ActorRow(*row) for row in _core.actors()]

    def given_name(self, id: int) -> str:
        return self._recorder.given_names.get(id, "")

    def stack(self, id: int) -> Stack:
        known = self._stacks.get(id)
        if known is None:
            site_index, judgeable, _late, frames = _core.stack(id)
            known = self._stacks[id] = Stack(id, tuple(frames), site_index, judgeable)
        return known

    def drain_events(self) -> tuple[list[Batch], int]:
        batches: list[Batch] = []
        lost = 0
        while True:
            payload, stacks, actors, destroyed, newly_lost = _core.events()
            lost += newly_lost
            if not payload:
                return batches, lost
            batches.append(Batch(payload, set(stacks), set(actors), destroyed))

    def drain_births(self) -> list[LockRow]:
        return self._lock_rows(_core.births())

    def drain_labels(self) -> list[Label]:
        return _core.labels()

    def look(self, settled_ns: int = SETTLED_NS) -> Look:
        return Look(*_core.look(settled_ns, sys._current_frames(), stacks_are_whole()))

    def forget_holds(self) -> None:
        _core.forget_holds()

    def forked(self) -> None:
        _core.labels()
        _core.forked()

    def _lock_rows(
        self, rows: list[tuple[int, str, int, int, int, str | None, int]]
    ) -> list[LockRow]:
        return [
            LockRow(
                id, kind, self.stack(stack) if stack else None, parent or None, at, name, handle
            )
            for id, kind, stack, parent, at, name, handle in sorted(rows)
        ]


class CCore:
    """Hooks the method tables of the interpreter's lock types, so it sees every lock there is."""

    def __init__(self) -> None:
        _core.configure(DEPTH, OWN_FOLDER, WRAPPER_NAMES, WRAPPER_PREFIXES, _hidden_makers())
        self.recorder = CRecorder()
        self.ledger = CLedger(self.recorder)
        self.tables = _core

    def arm(self) -> None:
        _core.arm()
        for lock in _interpreter_locks():
            _core.hide(lock)

    def disarm(self) -> None:
        _core.disarm()

    def intake(self) -> CIntake:
        return CIntake(self.recorder)


def _hidden_makers() -> tuple[object, ...]:
    """Code whose locks are `threading`'s own affair: a waiter's lock, what a fork makes anew."""
    makers = (threading.Condition.wait, threading._after_fork)  # type: ignore[attr-defined]
    return tuple(maker.__code__ for maker in makers)


def _interpreter_locks() -> Iterator[object]:
    """Locks made before us that `threading` uses for itself, which C code gives back unseen."""
    yield threading._active_limbo_lock  # type: ignore[attr-defined]
    yield getattr(threading, "_shutdown_locks_lock", None)
    for thread in list(threading._active.values()):  # type: ignore[attr-defined]
        yield getattr(thread, "_tstate_lock", None)
        with contextlib.suppress(AttributeError):
            yield thread._started._cond._lock
