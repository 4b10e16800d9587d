"""The observer's current picture: a full ledger, then events on top of it.

Applying a frame twice does no harm and an event for something unknown is ignored, so a
ledger taken while events were under way needs no agreement about where one ends.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from locktrace.durations import Durations
from locktrace.model import (
    Actor,
    Certainty,
    Hold,
    Lock,
    Mode,
    Present,
    Process,
    Site,
    Snapshot,
    Stack,
    ThreadStack,
    Wait,
)
from locktrace.observe.actors import Actors
from locktrace.observe.history import Chronicle, Totals
from locktrace.observe.overtaken import Overtaken
from locktrace.observe.rates import Rates
from locktrace.wire import frames
from locktrace.wire.events import (
    ACQUIRED,
    DESTROYED,
    FOUND,
    LIKELY,
    RELEASED,
    SHARED,
    TIMED,
    WAITED,
    WAITING,
    unpack_events,
)

MAX_LABELS = 20_000
_STDLIB = re.compile(r"^<frozen |/lib/python3\.\d+/(?!(site|dist)-packages/)")


class LedgerState:
    """Applies frames; `snapshot` gives the frozen picture.

    `heard_ns`: since when a target that has given no word yet has been asked for it.
    """

    def __init__(self, process: Process, heard_ns: int = 0) -> None:
        self._process = process
        self._locks: dict[int, Lock] = {}
        self._actors = Actors()
        self._stacks: dict[int, tuple[int, Stack]] = {0: (0, ())}
        self._wanting: dict[int, int] = {}
        self._labels: OrderedDict[int, str] = OrderedDict()
        self._holds: dict[int, Hold] = {}
        self._waits: dict[int, Wait] = {}
        self._overtaken_holds = Overtaken[Hold]()
        self._overtaken_waits = Overtaken[Wait]()
        self._giving_up: frozenset[int] = frozenset()
        self._rates = Rates()
        self._past = Chronicle()
        self._fresh_totals: dict[int, Totals] = {}
        self.dropped = 0
        self._dropped_before = 0
        self.faults = 0
        self.heard_ns = heard_ns
        self.ledger_ns = 0
        """When the last full ledger was taken, by the target's clock; 0 before the first."""
        self.present: Present | None = None
        """What the agent last answered to the question for stacks."""

    def apply(self, kind: int, payload: bytes) -> None:
        """Take in one frame; FrameError when it is not what docs/protocol.md says."""
        if kind == frames.EVENTS:
            self._apply_events(payload)
            return
        document = frames.unpack_json(payload)
        try:
            _APPLY.get(kind, _ignore)(self, document)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise frames.FrameError(f"a frame of type {kind} has no sense ({error!r})") from None

    @property
    def files(self) -> frozenset[str]:
        """Those of all stacks, and of the lines that made the locks that are there now."""
        made = {lock.created_at.file for lock in self._locks.values() if lock.created_at}
        taken = {site.file for _, stack in self._stacks.values() for site in stack}
        return frozenset(made | taken)

    def snapshot(self, now_ns: int) -> Snapshot:
        """The picture at `now_ns` of the target's clock."""
        return Snapshot(
            process=self._process,
            taken_ns=now_ns,
            taken_at=time.time(),
            locks={id: self._rates.dress(lock) for id, lock in self._locks.items()},
            actors=dict(self._actors.known),
            holds=tuple(self._holds.values()),
            waits=tuple(map(self._with_time_out, self._waits.values())),
            dropped=self.dropped,
            faults=self.faults,
            heard_ns=self.heard_ns,
            history=self._past.view(now_ns, self.dropped),
        )

    def _with_time_out(self, wait: Wait) -> Wait:
        """`wait`, timed if it is of a task that something else gives a time-out."""
        return replace(wait, timed=True) if wait.actor in self._giving_up else wait

    # -- frames

    def _greet(self, document: dict[str, Any]) -> None:
        """A target that was silent when it was asked has answered."""
        python, core, agent = (str(document[key]) for key in ("python", "core", "agent"))
        note = str(document.get("core_note", ""))
        self._process = replace(
            self._process, python=python, core=core, agent=agent, core_note=note
        )

    def _define(self, document: dict[str, Any]) -> None:
        for id, kind, name, site, parent, address, *more in document.get("locks", ()):
            created = _site(*site) if site is not None else None
            known = self._locks.get(id) or Lock(id, "", "")
            self._locks[id] = replace(
                known,
                kind=str(kind),
                name=str(name),
                created_at=created,
                parent=parent,
                address=int(address),
                os_name=str(more[0] or "") if more else "",
                acquire_sites=tuple(_site(*site) for site in more[1]) if more[1:] else (),
                os_id=str(more[2]) if more[2:] else "",
            )
            self._past.define(self._locks[id], self._locks.get(parent))
        for id, site_index, sites in document.get("stacks", ()):
            stack = tuple(_site(*site) for site in sites)
            self._stacks[id] = (site_index, stack)
            self._wanting[id] = _wanting(site_index, stack)
        for id, name, kind, native_id, label, ended in document.get("actors", ()):
            actor = Actor(id, str(name), str(kind), native_id, str(label), bool(ended))
            self._actors.define(actor)
        for id, text in document.get("labels", ()):
            self._labels[id] = str(text)
        while len(self._labels) > MAX_LABELS:
            self._labels.popitem(last=False)
        for id in document.get("gone", ()):
            self._part_with(id)

    def _totals(self, document: dict[str, Any]) -> None:
        for row in document["locks"]:
            id, acquisitions, contended, wait_ns, hold_ns, foreign, unlisted, *times = row
            lock = self._locks.get(id)
            if lock is None:
                continue
            self._rates.count(id, acquisitions)
            self._fresh_totals[id] = (acquisitions, contended, wait_ns, hold_ns)
            self._locks[id] = replace(
                lock,
                acquisitions=acquisitions,
                contended=contended,
                wait_ns=wait_ns,
                hold_ns=hold_ns,
                foreign_releases=foreign,
                unlisted_holds=unlisted,
                hold_times=Durations.from_times(times[0]),
                wait_times=Durations.from_times(times[1]),
            )
        if "time_ns" in document:
            self._rates.tick(int(document["time_ns"]))
            self._past.tick(int(document["time_ns"]), self._fresh_totals)
            self._fresh_totals = {}
            self._hear(document)
        self._actors.run(document.get("running", ()))
        if "giving_up" in document:
            self._giving_up = frozenset(document["giving_up"])
        for id in document.get("returned", ()):
            if id in self._holds:
                self._holds[id] = replace(self._holds[id], returned=True)
                self._past.left_behind(self._holds[id])
        self._actors.end(document.get("ended", ()))
        if self._actors.overflow:
            holding = {hold.actor for hold in self._holds.values()}
            self._actors.forget(holding | {wait.actor for wait in self._waits.values()})
            self._past.keep_actors(self._actors.known)

    def _ledger(self, document: dict[str, Any]) -> None:
        for id in self._locks.keys() - set(document.get("locks", self._locks)):
            self._part_with(id)
        self._actors.end(
            self._actors.known.keys() - set(document.get("actors", self._actors.known))
        )
        before = self._holds, self._waits
        self._holds = {row[0]: self._hold(*row) for row in document["holds"]}
        self._waits = {row[0]: self._wait(*row) for row in document["waits"]}
        self._hear(document)
        self.ledger_ns = self.heard_ns
        self._overtake(*before, missed=bool(document.get("missed")))
        self._past.restart(self._holds.values(), self._waits.values(), self.heard_ns)

    def _overtake(self, holds: dict[int, Hold], waits: dict[int, Wait], *, missed: bool) -> None:
        """A picture has come, and `holds` and `waits` are what was known before it."""
        if not missed and self.dropped == self._dropped_before:
            self._overtaken_holds.leave(holds, self._holds, self.heard_ns)
            self._overtaken_waits.leave(waits, self._waits, self.heard_ns)
        else:  # the end of what is gone may never be told
            self._overtaken_holds.clear()
            self._overtaken_waits.clear()
        self._dropped_before = self.dropped

    def _hear(self, document: dict[str, Any]) -> None:
        self.heard_ns = int(document["time_ns"])
        self.dropped = int(document.get("dropped", self.dropped))
        self.faults = int(document.get("faults", self.faults))

    def _threads(self, document: dict[str, Any]) -> None:
        threads = tuple(
            ThreadStack(native_id, name, tuple(_site(*site) for site in sites))
            for native_id, name, sites in document["threads"]
        )
        handlers = document.get("handlers")
        known = None if handlers is None else frozenset((str(a), str(b)) for a, b in handlers)
        self.present = Present(
            int(document.get("time_ns", self.heard_ns)),
            threads,
            known,
            asleep=frozenset(int(native_id) for native_id in document.get("asleep", ())),
        )

    # -- events

    def _apply_events(self, payload: bytes) -> None:
        for _seq, at, ref, lock, actor, stack, label_id, op, flags in unpack_events(payload):
            self.heard_ns = max(self.heard_ns, at)
            if op == RELEASED:
                hold = self._holds.pop(ref, None) or self._overtaken_holds.take(ref)
                self._release(hold, actor, at)
            elif op == WAITED:
                wait = self._waits.pop(ref, None) or self._overtaken_waits.take(ref)
                if wait is not None:
                    self._past.waited(wait, at)
            elif op == DESTROYED:
                self._destroy(lock)
            elif op in {ACQUIRED, WAITING}:
                label = self._labels.get(label_id, "")
                self._actors.relabel(actor, label)
                about = (ref, lock, flags & SHARED, actor, stack, at, label)
                if op == WAITING:
                    wait = self._waits[ref] = self._wait(*about, flags & TIMED, 0, flags)
                    self._past.waiting(wait)
                elif ref not in self._holds:  # else of a ledger that was taken meanwhile
                    hold = self._holds[ref] = self._hold(*about, 0, flags)
                    self._past.acquired(hold, flags)

    def _release(self, hold: Hold | None, actor: int, at: int) -> None:
        if hold is None:
            return
        self._past.released(hold, at)
        lock = self._locks.get(hold.lock)
        if lock is not None and actor != hold.actor and not lock.foreign_releases:
            # The totals tell it with the next tick only, and the lock may be gone by then.
            self._locks[hold.lock] = replace(lock, foreign_releases=1)

    def _destroy(self, lock: int) -> None:
        known = self._locks.get(lock)
        for hold in self._part_with(lock):
            if known is not None and not hold.found:
                self._past.orphaned(hold, known)

    def _part_with(self, lock: int) -> list[Hold]:
        """That lock is gone; the holds that are not known to have ended before."""
        self._rates.forget(lock)
        self._past.forget(lock, self._locks.pop(lock, None))
        self._overtaken_waits.take_of(lock)
        for ref in [ref for ref, wait in self._waits.items() if wait.lock == lock]:
            del self._waits[ref]
        lasting = [ref for ref, hold in self._holds.items() if hold.lock == lock]
        return [*self._overtaken_holds.take_of(lock), *map(self._holds.pop, lasting)]

    def _hold(
        self,
        id: int,
        lock: int,
        shared: int,
        actor: int,
        stack: int,
        since: int,
        label: str,
        gone: int,
        flags: int,
    ) -> Hold:
        site_index, sites = self._stacks.get(stack, (0, ()))
        return Hold(
            id,
            lock,
            Mode.SHARED if shared else Mode.EXCLUSIVE,
            actor,
            sites,
            int(since),
            str(label),
            bool(gone),
            site_index,
            bool(flags & FOUND),
            Certainty.LIKELY if flags & LIKELY else Certainty.HELD_BY,
        )

    def _wait(
        self,
        id: int,
        lock: int,
        shared: int,
        actor: int,
        stack: int,
        since: int,
        label: str,
        timed: int,
        address: int,
        flags: int,
    ) -> Wait:
        _, sites = self._stacks.get(stack, (0, ()))
        return Wait(
            id,
            lock,
            Mode.SHARED if shared else Mode.EXCLUSIVE,
            actor,
            sites,
            int(since),
            str(label),
            bool(timed),
            int(address),
            bool(flags & FOUND),
            self._wanting.get(stack, 0),
        )


def _site(file: object, line: Any, function: object) -> Site:
    """As an agent tells it; line 0 where it knows none."""
    return Site(str(file), int(line or 0), str(function))


def _wanting(site_index: int, stack: Stack) -> int:
    """The frame of a wait's stack that a person asks about: past ``Queue.get`` and its like."""
    for index in range(site_index, len(stack)):
        if not _STDLIB.search(stack[index].file):
            return index
    return site_index


def _ignore(_state: LedgerState, _document: dict[str, Any]) -> None:
    """A frame of a type that a later version may add."""


_APPLY = {
    frames.HELLO: LedgerState._greet,
    frames.DEFINE: LedgerState._define,
    frames.TOTALS: LedgerState._totals,
    frames.LEDGER: LedgerState._ledger,
    frames.STACKS: LedgerState._threads,
}
