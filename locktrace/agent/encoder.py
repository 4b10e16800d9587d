"""The ledger as frames: who we are, definitions, totals, holds and waits. docs/protocol.md."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from locktrace.agent import names
from locktrace.agent.ledger import Actor, Entry, Hold, Stack, Wait
from locktrace.agent.python_core import PythonRecorder
from locktrace.wire import frames

CHUNK = 500  # locks in one frame: encoding holds the interpreter, so it is done in small pieces
MAX_HOLDS = 50_000  # in one ledger frame; more are counted as unlisted
HIDDEN_THREAD_NAME = "locktrace"


class Encoder:
    """Reads the recorder, from the publisher's thread only."""

    def __init__(self, recorder: PythonRecorder, version: str) -> None:
        self._recorder = recorder
        self._version = version
        self._ordinals: dict[str, dict[int, int]] = {}
        self._sent_totals: dict[int, tuple[int, ...]] = {}

    def hello(self, agent_thread: int) -> bytes:
        """The first frame: process, versions, clocks."""
        return frames.pack_json(
            frames.HELLO,
            {
                "protocol": frames.PROTOCOL,
                "agent": self._version,
                "agent_thread": agent_thread,
                "pid": os.getpid(),
                "python": sys.version.split()[0],
                "core": self._recorder.name,
                "command": [str(word)[:4096] for word in sys.orig_argv[:256]],
                "time_ns": time.monotonic_ns(),
                "wall": time.time(),
            },
        )

    # -- definitions

    def locks(self, entries: Iterable[Entry]) -> Iterator[bytes]:
        """DEFINE frames for `entries`, which get their names now."""
        rows: list[Any] = []
        for entry in entries:
            rows.append(self._lock_row(entry))
            if len(rows) >= CHUNK:
                yield frames.pack_json(frames.DEFINE, {"locks": rows})
                rows = []
        if rows:
            yield frames.pack_json(frames.DEFINE, {"locks": rows})

    def _lock_row(self, entry: Entry) -> list[Any]:
        if not entry.name:
            if entry.parent is not None and not entry.parent.name:
                self._lock_row(entry.parent)
            entry.name = self._distinct(names.lock_name(entry), entry.id)
        site = names.site_of(entry.stack) if entry.stack is not None else None
        parent = entry.parent.id if entry.parent is not None else None
        return [entry.id, entry.kind, entry.name, site, parent]

    def _distinct(self, name: str, id: int) -> str:
        """`name`, or `name #2` while another live lock bears it."""
        known = self._ordinals.setdefault(name, {})
        alive = self._recorder.entries
        for ordinal in [o for o, bearer in known.items() if bearer not in alive]:
            del known[ordinal]
        ordinal = next(n for n in range(1, len(known) + 2) if n not in known)
        known[ordinal] = id
        return name if ordinal == 1 else f"{name} #{ordinal}"

    def references(self, stacks: Iterable[int], actors: Iterable[int]) -> bytes:
        """One DEFINE frame for the named stacks and actors."""
        by_id = self._recorder.stacks.by_id
        found = (self._recorder.actors.get(id) for id in actors)
        return frames.pack_json(
            frames.DEFINE,
            {
                "stacks": [_stack_row(by_id[id]) for id in stacks],
                "actors": [_actor_row(actor) for actor in found if actor is not None],
            },
        )

    def labels(self) -> bytes | None:
        """A DEFINE frame for the labels given since the last call."""
        drained = drain(self._recorder.labels)
        if not drained:
            return None
        return frames.pack_json(frames.DEFINE, {"labels": drained})

    # -- state

    def totals(self, *, everything: bool, **news: Any) -> Iterator[bytes]:
        """TOTALS frames for locks that changed, or all; the last has the time and `news`."""
        rows: list[tuple[int, ...]] = []
        for entry in live(self._recorder):
            row = _totals_row(entry)
            if everything or self._sent_totals.get(entry.id) != row:
                rows.append(row)
            if not everything:
                self._sent_totals[entry.id] = row
            if len(rows) >= CHUNK:
                yield frames.pack_json(frames.TOTALS, {"locks": rows})
                rows = []
        yield frames.pack_json(
            frames.TOTALS, {"locks": rows, "time_ns": time.monotonic_ns(), **news}
        )

    def forget(self, lock_ids: Iterable[int]) -> None:
        """Locks that are gone need no totals kept for comparison."""
        for id in lock_ids:
            self._sent_totals.pop(id, None)

    def ledger(self, holds: list[tuple[Entry, Hold]], waits: list[Wait], **news: Any) -> bytes:
        """The LEDGER frame: replaces every hold and wait that the observer knew."""
        return frames.pack_json(
            frames.LEDGER,
            {
                "holds": [self._hold_row(entry, hold) for entry, hold in holds[:MAX_HOLDS]],
                "waits": [_wait_row(wait) for wait in waits],
                "time_ns": time.monotonic_ns(),
                "wall": time.time(),
                **news,
            },
        )

    def _hold_row(self, entry: Entry, hold: Hold) -> list[Any]:
        returned = hold.id in self._recorder.left_behind and not hold.stack.late_releases
        return [
            hold.id, entry.id, int(hold.shared), hold.actor.id, hold.stack.id, hold.since,
            hold.label[1], int(returned),
        ]  # fmt: skip

    def stacks(self) -> bytes:
        """The STACKS frame: each thread's frames now; for when py-spy may not look."""
        titles = {t.ident: t.name for t in list(threading._active.values())}  # type: ignore[attr-defined]
        native = {actor.ident: actor.native_id for actor in live_actors(self._recorder)}
        rows = []
        for ident, frame in sys._current_frames().items():
            sites: list[list[Any]] = []
            inner: Any = frame
            while inner is not None and len(sites) < 64:
                sites.append([inner.f_code.co_filename, inner.f_lineno, inner.f_code.co_qualname])
                inner = inner.f_back
            rows.append([native.get(ident), titles.get(ident, ""), sites])
        return frames.pack_json(frames.STACKS, {"threads": rows})


def live(recorder: PythonRecorder) -> list[Entry]:
    """The locks there are."""
    return [entry for row in list(recorder.entries.values()) if (entry := row()) is not None]


def live_actors(recorder: PythonRecorder) -> list[Actor]:
    """The threads that have touched a lock, and those that ended holding one."""
    return [actor for row in recorder.actors.valuerefs() if (actor := row()) is not None]


def drain(queue: Any) -> list[Any]:
    """Everything in a deque that other threads append to."""
    return [queue.popleft() for _ in range(len(queue))]


def _totals_row(entry: Entry) -> tuple[int, ...]:
    return (
        entry.id,
        entry.acquisitions,
        entry.contended,
        entry.wait_ns,
        entry.hold_ns,
        entry.foreign_releases,
        entry.unlisted,
    )


def _stack_row(stack: Stack) -> list[Any]:
    return [stack.id, stack.site_index, names.sites(stack)]


def _actor_row(actor: Actor) -> list[Any]:
    if not actor.name or not actor.ended:
        thread = threading._active.get(actor.ident)  # type: ignore[attr-defined]
        actor.name = (
            thread.name if thread is not None else actor.name or f"thread {actor.native_id}"
        )
    return [actor.id, actor.name, "thread", actor.native_id, actor.label[1], actor.ended]


def _wait_row(wait: Wait) -> list[Any]:
    return [
        wait.id, wait.entry.id, int(wait.shared), wait.actor.id, wait.stack.id, wait.since,
        wait.label[1], int(wait.timed),
    ]  # fmt: skip
