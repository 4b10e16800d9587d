"""The ledger as frames: who we are, definitions, totals, holds and waits. docs/protocol.md."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from locktrace.agent import names, tasks
from locktrace.agent.arrival.usage import Usage
from locktrace.agent.distinct_names import DistinctNames
from locktrace.agent.ledger import Label, Stack
from locktrace.agent.primitives.process import identity_of_process
from locktrace.agent.primitives.thread import started_name
from locktrace.agent.reading import ActorRow, HoldRow, Ledger, LockRow, TotalsRow, WaitRow
from locktrace.agent.semaphore_files import NOT_SHARED, SemaphoreFiles
from locktrace.wire import frames
from locktrace.wire.events import MAX_ID

CHUNK = 500  # locks in one frame: encoding holds the interpreter, so it is done in small pieces
MAX_HOLDS = 50_000  # in one ledger frame; more are counted as unlisted


class Encoder:
    """Puts rows of the ledger into frames, from the publisher's thread only."""

    def __init__(
        self, ledger: Ledger, version: str, forked_ns: int = 0, usage: Usage | None = None
    ) -> None:
        self._ledger = ledger
        self._usage = usage
        self._version = version
        self._forked_ns = forked_ns
        self._names = DistinctNames()
        self._sent_totals: dict[int, TotalsRow] = {}
        self._actor_names: dict[int, str] = {}

    def hello(self) -> bytes:
        """The first frame: process, versions, clocks."""
        return frames.pack_json(
            frames.HELLO,
            {
                "protocol": frames.PROTOCOL,
                "agent": self._version,
                "agent_thread": threading.get_native_id(),
                "pid": os.getpid(),
                "python": sys.version.split()[0],
                "core": self._ledger.name,
                "core_note": self._ledger.note,
                "command": [str(word)[:4096] for word in sys.orig_argv[:256]],
                "time_ns": time.monotonic_ns(),
                "wall": time.time(),
                "forked_ns": self._forked_ns,
            },
        )

    # -- definitions

    def locks(self, rows: Iterable[LockRow]) -> Iterator[bytes]:
        """DEFINE frames for `rows`; a lock gets its name when it is first defined."""
        encoded: list[Any] = []
        files = SemaphoreFiles()
        for row in rows:
            encoded.append(self._lock_row(row, files))
            if len(encoded) >= CHUNK:
                yield frames.pack_json(frames.DEFINE, {"locks": encoded})
                encoded = []
        if encoded:
            yield frames.pack_json(frames.DEFINE, {"locks": encoded})

    def _lock_row(self, row: LockRow, files: SemaphoreFiles) -> list[Any]:
        name = self._names.of(row.id)
        kind = names.lock_kind(row.kind, row.stack)
        given = self._ledger.given_name(row.id) or self._name_used(row)
        if row.stack is None:
            kind, given = names.whole_used(kind, given)
        if not name:
            parent = self._names.of(row.parent) if row.parent is not None else ""
            name = self._names.give(row.id, given or names.lock_name(kind, row.stack, parent))
        site = names.site_of(row.stack) if row.stack is not None else None
        sites = self._usage.sites(row.id) if self._usage is not None else []
        shared = files.of(row.handle) if row.handle else NOT_SHARED
        os_name = row.os_name or shared.name or None
        os_id = shared.id or identity_of_process(row.id)
        return [row.id, kind, name, site, row.parent, row.address, os_name, sites, os_id]

    def _name_used(self, row: LockRow) -> str:
        return self._usage.name(row) if self._usage is not None else ""

    def renamed(self, rows: Iterable[LockRow]) -> Iterator[bytes]:
        """DEFINE frames for locks that are known already, of which `usage` has something new."""
        rows = list(rows)
        for row in rows:
            name = self._ledger.given_name(row.id) or self._name_used(row)
            if name:
                used = names.whole_used(row.kind, name)[1] if row.stack is None else name
                self._names.rename(row.id, used)
        return self.locks(rows)

    def references(self, stacks: Iterable[int], actors: Iterable[int]) -> bytes:
        """One DEFINE frame for the named stacks and actors."""
        wanted = set(actors)
        rows = [row for row in self._ledger.actors() if row.id in wanted] if wanted else []
        return frames.pack_json(
            frames.DEFINE,
            {
                "stacks": [_stack_row(self._ledger.stack(id)) for id in stacks],
                "actors": [self._actor_row(row) for row in rows],
            },
        )

    def _actor_row(self, actor: ActorRow) -> list[Any]:
        if actor.name is not None:
            return [actor.id, actor.name, "task", actor.native_id, actor.label, actor.ended]
        thread = threading._active.get(actor.ident)  # type: ignore[attr-defined]
        if thread is not None and not actor.ended:
            self._actor_names[actor.id] = thread.name
        name = self._actor_names.get(actor.id) or started_name(actor.native_id)
        name = name or f"thread {actor.native_id}"
        return [actor.id, name, "thread", actor.native_id, actor.label, actor.ended]

    def labels(self, labels: list[Label]) -> bytes:
        """A DEFINE frame for labels."""
        rows = [(id & MAX_ID, text) for id, text in labels]
        return frames.pack_json(frames.DEFINE, {"labels": rows})

    def gone(self, ids: list[int]) -> bytes:
        """A DEFINE frame for locks that are gone."""
        return frames.pack_json(frames.DEFINE, {"gone": ids})

    # -- state

    def totals(self, *, everything: bool, **news: Any) -> Iterator[bytes]:
        """TOTALS frames for locks that changed, or all; the last has the time and `news`."""
        changed: list[TotalsRow] = []
        # One that is not defined yet may be gone before it is, and then nobody hears of its end.
        rows = [row for row in self._ledger.totals() if row[0] in self._names]
        if len(self._names) > 2 * len(rows) + CHUNK:  # some deaths were among the lost events
            self.forget(self._names.bearers() - {row[0] for row in rows})
        for row in rows:
            if everything or self._sent_totals.get(row[0]) != row:
                changed.append(row)
            if not everything:
                self._sent_totals[row[0]] = row
            if len(changed) >= CHUNK:
                yield frames.pack_json(frames.TOTALS, {"locks": changed})
                changed = []
        yield frames.pack_json(
            frames.TOTALS, {"locks": changed, "time_ns": time.monotonic_ns(), **news}
        )

    def forget(self, lock_ids: Iterable[int]) -> None:
        """Locks that are gone need no name, and no totals kept for comparison."""
        for id in lock_ids:
            self._sent_totals.pop(id, None)
            self._names.take_back(id)
            if self._usage is not None:
                self._usage.forget([id])

    def keep_actors(self, present: set[int]) -> None:
        """The threads that are not among these have gone, and nobody asks for their names."""
        for id in self._actor_names.keys() - present:
            del self._actor_names[id]

    def rest(self) -> None:
        """Nobody observes: the next observer gets all totals, whatever was sent before."""
        self._sent_totals.clear()

    def ledger(self, holds: list[HoldRow], waits: list[WaitRow], **news: Any) -> bytes:
        """The LEDGER frame: replaces every hold and wait that the observer knew."""
        return frames.pack_json(
            frames.LEDGER,
            {
                "holds": holds[:MAX_HOLDS],
                "waits": waits,
                "time_ns": time.monotonic_ns(),
                "wall": time.time(),
                **news,
            },
        )

    def stacks(self) -> bytes:
        """The STACKS frame: each thread's frames now; for when py-spy may not look."""
        titles = {t.ident: t.name for t in list(threading._active.values())}  # type: ignore[attr-defined]
        living = [actor for actor in self._ledger.actors() if not actor.ended]
        native = {actor.ident: actor.native_id for actor in living}
        rows = []
        present = sys._current_frames()
        for ident, frame in present.items():
            sites: list[list[Any]] = []
            inner: Any = frame
            while inner is not None and len(sites) < 64:
                code = inner.f_code
                line = inner.f_lineno or code.co_firstlineno  # not each instruction has a line
                sites.append([code.co_filename, line, code.co_qualname])
                inner = inner.f_back
            rows.append([native.get(ident), titles.get(ident, ""), sites])
        return frames.pack_json(
            frames.STACKS,
            {
                "threads": rows,
                "asleep": tasks.asleep(present),
                "handlers": _signal_handlers(),
                "time_ns": time.monotonic_ns(),
            },
        )


def _signal_handlers() -> list[tuple[str, str]]:
    """(file, function) of what the program has run on signals; empty names for what is not Python.

    Without Python's own handler of SIGINT.
    """
    found = []
    for number in signal.valid_signals():
        handler: Any = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            handler = getattr(handler, "func", handler)  # of a functools.partial
            code = getattr(getattr(handler, "__func__", handler), "__code__", None)
            found.append((code.co_filename, code.co_qualname) if code is not None else ("", ""))
    return found


def _stack_row(stack: Stack) -> list[Any]:
    return [stack.id, stack.site_index, names.sites(stack)]
