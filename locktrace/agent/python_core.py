"""The Python core: the Recorder contract in plain Python, correct under the GIL.

This is the hot path. Each method runs inside somebody's acquire or release: it allocates
little, takes no lock, and every step leaves the ledger usable if a signal handler runs next.
"""

from __future__ import annotations

from _thread import get_native_id
from collections import deque
from contextlib import suppress
from itertools import count
from time import monotonic_ns
from types import FrameType
from typing import Any
from weakref import ref

from locktrace.agent.ledger import (
    HIDDEN,
    MAX_LISTED_HOLDS,
    SHORT_BITS,
    Actor,
    Entry,
    Hold,
    Label,
    Scope,
    Stack,
    Wait,
    count_duration,
)
from locktrace.agent.liveness import stacks_are_whole
from locktrace.agent.python_actors import PythonActors
from locktrace.agent.recorder import AnyUsual
from locktrace.agent.stacks import CREATION_DEPTH, OWN_FOLDER, StackTable, frame_out
from locktrace.wire.events import (
    ACQUIRED,
    DESTROYED,
    MAX_ID,
    RELEASED,
    TIMED,
    WAITED,
    WAITING,
    Event,
)

MAX_QUEUED_EVENTS = 65_536
MAX_QUEUED_NEWS = 16_384
MAX_STILLBORN = 64  # locks of one batch that are told of although they are gone again


_hold = tuple.__new__
"""`_hold(Hold, fields)`: the constructor that NamedTuple writes is Python and costs thrice."""


class PythonRecorder:
    """The ledger, and while somebody listens, the queue of events.

    `left_behind` has the ids of the holds whose function is known to have returned.
    """

    def __init__(self) -> None:
        self.listening = False
        self.events: deque[Event] = deque(maxlen=MAX_QUEUED_EVENTS)
        self.born: deque[int] = deque(maxlen=MAX_QUEUED_NEWS)
        self.untold: set[int] = set()
        self.stillborn: list[tuple[int, str, Stack | None, int | None, int]] = []
        self.labels: deque[Label] = deque(maxlen=MAX_QUEUED_NEWS)
        self.stacks = StackTable()
        self.entries: dict[int, ref[Entry]] = {}
        self.left_behind: set[int] = set()
        self.next_number = count(1).__next__  # of locks and actors
        self.next_label = count(1).__next__
        self.next_ref = count(1).__next__  # holds and waits
        self.next_seq = count(1).__next__
        self._actors = PythonActors(self.next_id)
        self._presence = self._actors.presence
        self.actors = self._actors.known
        self.actor, self.thread = self._actors.here, self._actors.thread
        self.given_names: dict[int, str] = {}

    # -- the hot path

    def acquired(
        self, entry: Entry, shared: bool, frame: FrameType | None, actor: Actor | None = None
    ) -> None:
        if shared and entry.surplus:
            entry.surplus -= 1
            entry.acquisitions += 1
            return
        frame_id = 0
        stack = self.stacks.of(frame) if frame is not None else self.stacks.unknown
        if actor is None:
            try:
                actor = self._presence.actor
            except AttributeError:
                actor = self.actor()
            if frame is not None:
                frame_id = id(frame_out(frame, stack.site_steps) if stack.site_steps else frame)
        now = monotonic_ns()
        fields = (self.next_ref(), actor, shared, stack, frame_id, now, actor.label, 0)
        entry.acquisitions += 1
        if len(entry.holds) < MAX_LISTED_HOLDS:
            entry.holds.append(_hold(Hold, fields))
        else:
            entry.unlisted += 1
        if self.listening and not entry.quiet:
            flags = shared | actor.manner
            actor.manner = 0
            self._event(now, fields[0], entry, actor, stack.id, actor.label[0], ACQUIRED, flags)

    def released(self, entry: Entry, shared: bool, actor: Actor | None = None) -> Hold | None:
        holds = entry.holds
        if not holds:
            _release_unheld(entry, shared)
            return None
        if actor is None:
            try:
                actor = self._presence.actor
            except AttributeError:
                actor = self.actor()
        hold: Hold | None = holds[-1]
        if not shared and hold.actor is actor and not hold.shared:  # type: ignore[union-attr]
            holds.pop()  # an exclusive hold is alone, so nobody can have come in between
        else:
            hold = _take_own_or_oldest(entry, actor, shared)
        if hold is None:
            return None
        now = monotonic_ns()
        lasted = now - hold.since
        entry.hold_ns += lasted
        count_duration(entry.hold_times, lasted)
        if self.left_behind and hold.id in self.left_behind:
            self.left_behind.discard(hold.id)
            hold.stack.late_releases += 1
        if self.listening and not entry.quiet:
            self._event(now, hold.id, entry, actor, 0, 0, RELEASED, shared)
        return hold

    def waiting(
        self,
        entry: Entry,
        shared: bool,
        timed: bool,
        frame: FrameType | None,
        actor: Actor | None = None,
    ) -> Wait:
        frame_id = 0
        stack = self.stacks.of(frame) if frame is not None else self.stacks.unknown
        if actor is None:
            actor = self.actor()
            if actor.waits and frame is not None and stacks_are_whole():
                self._drop_stale_waits(actor, frame)
        if frame is not None:
            frame_id = id(frame_out(frame, stack.site_steps))
        if entry.quiet:
            self.list(entry)
        now = monotonic_ns()
        wait = Wait(self.next_ref(), entry, actor, shared, timed, stack, frame_id, now)
        actor.waits.append(wait)
        entry.contended += 1
        if self.listening:
            flags = int(shared) | (TIMED if timed else 0)
            self._event(now, wait.id, entry, actor, stack.id, wait.label[0], WAITING, flags)
        return wait

    def waited(self, wait: Wait) -> None:
        actor, entry = wait.actor, wait.entry
        if wait not in actor.waits:
            return  # told twice, after an interruption
        actor.waits.remove(wait)
        now = monotonic_ns()
        lasted = now - wait.since
        entry.wait_ns += lasted
        count_duration(entry.wait_times, max(lasted, 1 << SHORT_BITS))  # no wait is short
        if self.listening:
            self._event(now, wait.id, entry, actor, 0, 0, WAITED, wait.shared)

    def attempting(self, manner: int) -> None:
        if self.listening:
            self.actor().manner = manner

    # -- re-entrant locks: `depth` is the holder's to change, so it needs no care

    def acquired_again(self, entry: Entry, frame: FrameType | None, depth: int) -> None:
        actor = self.actor()
        if entry.depth and entry.holds and entry.holds[-1].actor is actor:
            entry.depth += depth
            entry.acquisitions += 1
            actor.manner = 0
            return
        self.acquired(entry, False, frame)
        entry.depth = depth

    def released_again(self, entry: Entry, depth: int) -> Hold | None:
        holds = entry.holds
        if not holds or holds[-1].actor is not self.actor():
            return None
        entry.depth = max(0, entry.depth - depth)
        return None if entry.depth else self.released(entry, False)

    # -- off the hot path

    def _drop_stale_waits(self, actor: Actor, frame: FrameType) -> None:
        """End the waits that a signal handler kept from being ended: their function has gone."""
        running = set()
        nested = False
        outer: FrameType | None = frame
        while outer is not None:
            running.add(id(outer))
            nested = nested or outer.f_code.co_filename.startswith(OWN_FOLDER)
            outer = outer.f_back
        for wait in list(actor.waits):
            if not nested or wait.frame_id not in running:
                self.waited(wait)

    def restore(self, entry: Entry, hold: Hold | None) -> None:
        if hold is None:
            entry.surplus -= entry.surplus > 0
            return
        entry.holds.append(hold)
        if self.listening and not entry.quiet:
            self._tell_hold(entry, hold)

    def drop(self, entry: Entry, hold: Hold) -> None:
        """That hold has ended with its thread."""
        with suppress(ValueError):  # released meanwhile
            entry.holds.remove(hold)
        if self.listening and not entry.quiet:
            now = monotonic_ns()
            self._event(now, hold.id, entry, hold.actor, 0, 0, RELEASED, hold.shared)

    def _tell_hold(self, entry: Entry, hold: Hold) -> None:
        stack_id, label_id, flags = hold.stack.id, hold.label[0], hold.shared | hold.flags
        self._event(hold.since, hold.id, entry, hold.actor, stack_id, label_id, ACQUIRED, flags)

    def create(self, kind: str, frame: FrameType | None, quiet: bool = False) -> Entry | None:
        parent = self.building()
        if parent is HIDDEN:
            return None
        stack = self.stacks.of(frame, CREATION_DEPTH) if frame is not None else None
        entry = Entry(self.next_id(), kind, stack, parent)
        entry.quiet = quiet
        self.adopt(entry)
        return entry

    def list(self, entry: Entry) -> None:
        """Observers are told of `entry` from now on, its holds so far included."""
        entry.quiet = False
        if self.listening:
            self.born.append(entry.id)
            for hold in [*entry.holds]:
                self._tell_hold(entry, hold)

    def next_id(self) -> int:
        """An id for a lock or an actor, of 32 bits, that no living one has; 0 means none."""
        number = self.next_number()
        while number > MAX_ID:
            id = number & MAX_ID
            if id and id not in self.entries and id not in self.actors:
                return id
            number = self.next_number()
        return number

    def id_of(self, actor: Actor) -> int:
        return actor.id

    def call(self, lock: Any, name: str) -> None:
        entry = lock if isinstance(lock, Entry) else getattr(lock, "_entry", None)
        if entry is not None:
            self.given_names[entry.id] = name

    def adopt(self, entry: Entry) -> None:
        """Keep `entry`, for as long as its lock keeps it alive."""
        id, entries, names = entry.id, self.entries, self.given_names
        kind, stack = entry.kind, entry.stack
        parent = entry.parent.id if entry.parent is not None else None

        def destroyed(_: ref[Entry]) -> None:
            entries.pop(id, None)
            names.pop(id, None)
            if self.listening:
                if id in self.untold and len(self.stillborn) < MAX_STILLBORN:
                    self.stillborn.append((id, kind, stack, parent, 0))
                now, seq = monotonic_ns(), self.next_seq()
                self.events.append((seq, now, 0, id, 0, 0, 0, DESTROYED, 0))

        entries[id] = ref(entry, destroyed)
        if self.listening and not entry.quiet:
            self.untold.add(id)
            self.born.append(id)

    def task(self, name: str, ident: int, native_id: int) -> Actor:
        return self._actors.add(ident, native_id, name)

    def finished(self, actor: Actor) -> None:
        actor.ended = True

    def build(self, entry: Entry | None) -> Scope:
        scope = Scope(entry)
        self.actor().scopes.append(scope)
        return scope

    def built(self, scope: Scope) -> None:
        with suppress(ValueError):
            self.actor().scopes.remove(scope)

    def building(self) -> Entry | None:
        scopes = self.actor().scopes
        return scopes[-1].entry if scopes else None

    def relabel(self, text: str, actor: Actor | None = None) -> Label:
        before = (actor or self.actor()).label
        self.put_label((self.next_label(), text), actor)
        return before

    def put_label(self, label: Label, actor: Actor | None = None) -> None:
        (actor or self.actor()).label = label
        if self.listening and label[0]:
            self.labels.append(label)

    def quicken(self, whole: Any, _usual: AnyUsual, /) -> Any:
        return whole

    def forget_holds(self) -> None:
        """Tracing stops: releases will not be seen any more, so no hold can be vouched for."""
        self.listening = False
        for row in list(self.entries.values()):
            entry = row()
            if entry is not None:
                entry.holds.clear()
                entry.unlisted = entry.depth = entry.surplus = 0
        self.left_behind.clear()
        for actor in self.actors.values():
            actor.waits.clear()

    def forked(self) -> None:
        """In a forked child: only the calling thread lives on; what others held stays held."""
        self.listening = False
        for queue in (self.events, self.born, self.labels):
            queue.clear()
        self.untold.clear()
        self.stillborn.clear()
        survivor = self.actor()
        for row in self.actors.valuerefs():
            actor = row()
            if actor is not None and actor is not survivor:
                actor.ended = True
                actor.waits.clear()
        survivor.native_id = get_native_id()

    def _event(
        self,
        now: int,
        ref: int,
        entry: Entry,
        actor: Actor,
        stack: int,
        label: int,
        op: int,
        flags: int,
    ) -> None:
        self.events.append((self.next_seq(), now, ref, entry.id, actor.id, stack, label, op, flags))


def _release_unheld(entry: Entry, shared: bool) -> None:
    """A release without a known hold: of one that was not listed, or a permit given in advance."""
    if entry.unlisted:
        entry.unlisted -= 1
    elif shared:
        entry.surplus += 1


def _take_own_or_oldest(entry: Entry, actor: Actor, shared: bool) -> Hold | None:
    """Take out the hold that a release by `actor` ends: its own latest, else the oldest of all."""
    holds = [hold for hold in list(entry.holds) if hold.shared == shared]
    own = [hold for hold in holds if hold.actor is actor]
    if not own and entry.unlisted:
        entry.unlisted -= 1  # one of those we counted and could not list
        return None
    if not own and holds:
        entry.foreign_releases += 1
    for hold in (*own[-1:], *holds[:1]):
        try:
            entry.holds.remove(hold)
        except ValueError:  # another thread's release took it first
            continue
        return hold
    return None
