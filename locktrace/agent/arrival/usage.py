"""What the code that uses a lock of before tells of it: what it is called, and where it is taken.

Asked by the publisher: of locks that first matter after the first picture, and of those that
somebody waits for while nobody is known to hold them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from types import CodeType, FrameType
from typing import NamedTuple

from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.acquirers import SiteRow, Want, acquirers
from locktrace.agent.arrival.depths import depths
from locktrace.agent.arrival.naming import name_in, name_used_at
from locktrace.agent.arrival.paths import Path, resolve, uses
from locktrace.agent.arrival.slots import Slots
from locktrace.agent.names import is_passed_through
from locktrace.agent.primitives.rwlock import RWLockSpec
from locktrace.agent.reading import Batch, Ledger, LockRow, WaitRow
from locktrace.wire.events import ACQUIRED, FOUND, WAITING, unpack_events

MOST_LOCKS = 64  # whose sites are looked for, in the life of the agent
MOST_AT_ONCE = 3  # waits, in one look
MOST_NAMED = 16  # locks, in one look and for one batch of events
MOST_FRAMES = 256  # of a thread, from the innermost outwards
SETTLED_NS = 1_000_000_000  # a lock may be free for a moment before a waiter has it


class _Place(NamedTuple):
    """The call by which a thread uses a lock, and the frame that is in it, if it still is."""

    code: CodeType
    offset: int
    frame: FrameType | None


class Usage:
    """Keeps what it has found out until the lock is gone."""

    def __init__(self, ledger: Ledger, slots: Slots, specs: Sequence[RWLockSpec]) -> None:
        self._ledger = ledger
        self._slots = slots
        self._specs = specs
        self._names: dict[int, str] = {}
        self._sites: dict[int, list[SiteRow]] = {}
        self._nameless: set[int] = set()
        self._judged: set[int] = set()  # waits
        self._passed: set[int] = set()  # locks of which sites would say nothing

    def name(self, row: LockRow) -> str:
        """What a lock of before is called, or nothing; then its name is looked for from now on."""
        if row.stack is not None or row.parent is not None:
            return ""
        if row.id not in self._names:
            self._nameless.add(row.id)
        return self._names.get(row.id, "")

    def sites(self, lock: int) -> list[SiteRow]:
        """Where the code takes a lock that nobody is known to hold; empty for others."""
        return self._sites.get(lock, [])

    def forget(self, locks: Iterable[int]) -> None:
        """These are gone."""
        for lock in locks:
            self._names.pop(lock, None)
            self._sites.pop(lock, None)
            self._nameless.discard(lock)
            self._passed.discard(lock)

    # -- names

    def learn(self, rows: Iterable[LockRow], batches: Iterable[Batch]) -> None:
        """Name locks that are told of for the first time by the events that made them matter."""
        new = {
            row.id
            for row in rows
            if row.stack is None and row.parent is None and row.id not in self._names
        }
        tries = 0
        new = {id for id in new if not self._ledger.given_name(id)}
        events = chain.from_iterable(unpack_events(batch.payload) for batch in batches)
        for _seq, _at, _ref, lock, actor, stack, _label, op, _flags in events if new else ():
            if op in {ACQUIRED, WAITING} and lock in new:
                new.discard(lock)
                self._name(lock, actor, stack)
                tries += 1
            if tries == MOST_NAMED:
                return

    def _name(self, lock: int, actor: int, stack: int) -> bool:
        name = self._name_used(actor, stack)
        if name:
            self._names[lock] = name
        self._nameless.discard(lock)  # another wait would hardly say more
        return bool(name)

    def _name_used(self, actor: int, stack: int) -> str:
        methods = kinds.naming(self._specs)
        for place in self._places(actor, stack):
            if place.frame is not None:
                return name_used_at(place.frame, place.offset, methods, self._slots)
            if not is_passed_through(place.code):
                path = _path(place.code, place.offset, methods)
                return name_in(place.code, path) if path is not None else ""
        return ""

    # -- four times a second

    def look(self) -> list[LockRow]:
        """Look at who waits; the locks of which there is something new to tell."""
        waits = self._ledger.waits()
        nameless = {wait[1]: wait for wait in waits if wait[1] in self._nameless}
        tried = islice(nameless.values(), MOST_NAMED)
        news = {wait[1] for wait in tried if self._name(wait[1], wait[3], wait[4])}
        self._judged &= {wait[0] for wait in waits}
        asked = list(islice(filter(self._is_to_be_judged, waits), MOST_AT_ONCE))
        if asked:
            news |= self._look_for_sites(asked)
        return [row for row in self._ledger.locks() if row.id in news] if news else []

    def _is_to_be_judged(self, wait: WaitRow) -> bool:
        id, lock, since, flags = wait[0], wait[1], wait[5], wait[9]
        known = id in self._judged or lock in self._sites or lock in self._passed
        if known or len(self._sites) >= MOST_LOCKS:
            return False
        return bool(flags & FOUND) or time.monotonic_ns() - since > SETTLED_NS

    # -- sites

    def _look_for_sites(self, waits: list[WaitRow]) -> set[int]:
        """Of the locks that are waited for so and are free, as far as the ledger knows."""
        rows = {row.id: row for row in self._ledger.locks()}
        held = {hold[1] for hold in self._ledger.holds()}
        takes = kinds.TAKES | kinds.takes_of(self._specs)
        found = set()
        for wait in waits:
            id, lock, actor, stack = wait[0], wait[1], wait[3], wait[4]
            self._judged.add(id)
            row = rows.get(lock)
            if row is None or row.parent is not None or not self._is_held(row.kind):
                self._passed.add(lock)
            elif lock not in held and lock not in self._sites:
                self._sites[lock] = self._sites_of(row, actor, stack, takes)
                found.add(lock)
        return found

    def _is_held(self, kind: str) -> bool:
        return kind in kinds.HELD or any(spec.cls.__name__ == kind for spec in self._specs)

    def _sites_of(
        self, row: LockRow, actor: int, stack: int, takes: frozenset[str]
    ) -> list[SiteRow]:
        for code, offset, frame in self._places(actor, stack):
            path = _path(code, offset, takes)
            if path is not None and (path.attributes or path.is_global):
                owner = None
                if frame is not None and path.attributes:
                    owner = resolve(path, frame, self._slots, len(path.attributes) - 1)
                cls = type(owner) if owner is not None else None
                want = Want((path.attributes or (path.root,))[-1], cls, row.address, row.kind)
                return acquirers(want, takes, is_passed_through(code))
        return []

    # -- where a thread is

    def _places(self, actor: int, stack: int) -> Iterator[_Place]:
        """The calls of a stack, innermost first, with the frames that are in them."""
        frames = self._frames(actor)
        for code, offset in self._ledger.stack(stack).frames:
            frame = next((f for f in frames if _is_at(f, code, offset)), None)
            yield _Place(code, offset, frame)

    def _frames(self, actor: int) -> list[FrameType]:
        ident = next((row.ident for row in self._ledger.actors() if row.id == actor), 0)
        frame = sys._current_frames().get(ident)
        frames: list[FrameType] = []
        while frame is not None and len(frames) < MOST_FRAMES:
            frames.append(frame)
            frame = frame.f_back
        return frames


def _is_at(frame: FrameType, code: CodeType, offset: int) -> bool:
    known = depths(code)
    return frame.f_code is code and known.order(frame.f_lasti) == known.order(offset)


def _path(code: CodeType, offset: int, methods: frozenset[str]) -> Path | None:
    at = depths(code).order(offset)
    return next((use.path for use in uses(code, methods) if use.order == at), None)
