"""The Python core's ledger, as the publisher reads it."""

from __future__ import annotations

from time import monotonic_ns
from typing import Any

from locktrace.agent import liveness
from locktrace.agent.ledger import Actor, Entry, Hold, Label, Stack, Wait
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.reading import (
    MAX_BATCH,
    SETTLED_NS,
    ActorRow,
    Batch,
    HoldRow,
    LockRow,
    Look,
    Times,
    TotalsRow,
    WaitRow,
)
from locktrace.wire.events import DESTROYED, Event, pack_events


class PythonLedger:
    """Meets the Ledger contract from a PythonRecorder."""

    name = "python"

    def __init__(self, recorder: PythonRecorder, note: str = "") -> None:
        self.note = note
        self._recorder = recorder
        self._last_seq = 0
        self._told_ended: set[int] = set()

    def listen(self, on: bool) -> None:
        if on and not self._recorder.listening:
            drain(self._recorder.events)
            self._recorder.stillborn.clear()  # nobody is told of their end
        self._recorder.listening = on

    def locks(self) -> list[LockRow]:
        return [_lock_row(entry) for entry in self._listed()]

    def totals(self) -> list[TotalsRow]:
        return [
            (e.id, e.acquisitions, e.contended, e.wait_ns, e.hold_ns, e.foreign_releases,
             e.unlisted, _without_end(e.hold_times), _without_end(e.wait_times))
            for e in self._listed()
        ]  # fmt: skip

    def holds(self) -> list[HoldRow]:
        known = self._recorder.left_behind
        return [
            _hold_row(entry, hold, hold.id in known)
            for entry in self._listed()
            for hold in list(entry.holds)
        ]

    def waits(self) -> list[WaitRow]:
        living = [actor for actor in self._actors() if not actor.ended]
        return [_wait_row(wait) for actor in living for wait in list(actor.waits)]

    def actors(self) -> list[ActorRow]:
        return [
            ActorRow(a.id, a.ident, a.native_id, a.label[1], a.ended, a.name)
            for a in self._actors()
        ]

    def given_name(self, id: int) -> str:
        return self._recorder.given_names.get(id, "")

    def stack(self, id: int) -> Stack:
        return self._recorder.stacks.by_id[id]

    def drain_events(self) -> tuple[list[Batch], int]:
        queue = self._recorder.events
        overflowed = len(queue) == queue.maxlen
        events: list[Event] = drain(queue)
        if not events:
            return [], 0
        lost = max(0, events[-1][0] - self._last_seq - len(events)) if overflowed else 0
        self._last_seq = events[-1][0]
        parts = (events[at : at + MAX_BATCH] for at in range(0, len(events), MAX_BATCH))
        return [_batch(part) for part in parts], lost

    def drain_births(self) -> list[LockRow]:
        recorder = self._recorder
        gone = [LockRow(*row) for row in drain_list(recorder.stillborn)]
        queue, entries = recorder.born, recorder.entries
        if len(queue) == queue.maxlen:
            queue.clear()
            recorder.untold.clear()
            return gone + self.locks()
        born = drain(queue)
        recorder.untold.difference_update(born)
        rows = [entries.get(id) for id in born]
        return gone + [
            _lock_row(entry) for row in rows if row is not None and (entry := row()) is not None
        ]

    def drain_labels(self) -> list[Label]:
        return drain(self._recorder.labels)

    def look(self, settled_ns: int = SETTLED_NS) -> Look:
        actors = self._actors()
        known = self._recorder.left_behind
        self._list_settled(settled_ns)
        found = liveness.find_left_behind(self._entries(), actors, known, settled_ns)
        if known:  # some of them may have gone with their lock
            known.intersection_update(h.id for entry in self._entries() for h in list(entry.holds))
        known.update(hold.id for hold in found)
        self._drop_holds_of_ended()
        ended = {actor.id for actor in actors if actor.ended}
        news, self._told_ended = ended - self._told_ended, ended
        return Look([hold.id for hold in found if not hold.stack.late_releases], sorted(news))

    def forget_holds(self) -> None:
        self._recorder.forget_holds()

    def forked(self) -> None:
        self._recorder.forked()

    def _list_settled(self, settled_ns: int) -> None:
        before = monotonic_ns() - settled_ns
        for entry in self._entries():
            if entry.quiet and any(hold.since <= before for hold in list(entry.holds)):
                self._recorder.list(entry)

    def _drop_holds_of_ended(self) -> None:
        """What threads held by being there, and not by what a frame of theirs had done."""
        for entry in self._entries():
            for hold in list(entry.holds):
                actor = hold.actor
                if not hold.frame_id and actor.ended and actor.name is None:
                    self._recorder.drop(entry, hold)

    def _entries(self) -> list[Entry]:
        return live(self._recorder)

    def _listed(self) -> list[Entry]:
        return [entry for entry in self._entries() if not entry.quiet]

    def _actors(self) -> list[Actor]:
        return live_actors(self._recorder)


def live(recorder: PythonRecorder) -> list[Entry]:
    """The locks there are."""
    return [entry for row in list(recorder.entries.values()) if (entry := row()) is not None]


def live_actors(recorder: PythonRecorder) -> list[Actor]:
    """The threads that have touched a lock; of those that ended the latest, and who holds one."""
    return [actor for row in recorder.actors.valuerefs() if (actor := row()) is not None]


def drain(queue: Any) -> list[Any]:
    """Everything in a deque that other threads append to."""
    return [queue.popleft() for _ in range(len(queue))]


def drain_list(found: list[Any]) -> list[Any]:
    """As `drain`, of a list."""
    return [found.pop(0) for _ in range(len(found))]


def _batch(events: list[Event]) -> Batch:
    return Batch(
        pack_events(events),
        {event[5] for event in events},
        {event[4] for event in events if event[4]},
        [event[3] for event in events if event[7] == DESTROYED],
    )


def _lock_row(entry: Entry) -> LockRow:
    parent = entry.parent.id if entry.parent is not None else None
    return LockRow(entry.id, entry.kind, entry.stack, parent, entry.address)


def _hold_row(entry: Entry, hold: Hold, returned: bool) -> HoldRow:
    leaked = returned and not hold.stack.late_releases
    return (
        hold.id, entry.id, int(hold.shared), hold.actor.id, hold.stack.id, hold.since,
        hold.label[1], int(leaked), hold.flags,
    )  # fmt: skip


def _wait_row(wait: Wait) -> WaitRow:
    return (
        wait.id, wait.entry.id, int(wait.shared), wait.actor.id, wait.stack.id, wait.since,
        wait.label[1], int(wait.timed), wait.entry.address, wait.flags,
    )  # fmt: skip


def _without_end(times: list[int]) -> Times:
    """Without the zeros at the end."""
    length = max(2, *(at + 1 for at, number in enumerate(times) if number), 2)
    return tuple(times[:length])
