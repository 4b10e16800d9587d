"""Tests that fail when they end with a lock still held: `with assert_no_leaked_locks():`.

The agent is switched on in the testing process, and observed through its own socket like
any other: what a test is told is what a screen would show. Locks made before the agent came
are seen by the C core only, so switch it on early (`pytest --locktrace` does).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import locktrace
from locktrace.errors import LocktraceError
from locktrace.launch.processes import connect
from locktrace.model import Hold, Snapshot
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.state import LedgerState
from locktrace.snapshots.groups import is_leaked
from locktrace.wording import lock_name, place, who

PATIENCE_S = 10.0
LOOK_S = 0.3  # the agent looks for holds left behind every quarter of a second


class LeakedLockError(AssertionError):
    """A block of a test ended with locks still held; the message says which, taken where."""


class HeldLocks:
    """What this process holds, read from its own agent; LocktraceError if that does not answer."""

    def __init__(self) -> None:
        locktrace.install()
        self._source = AgentSource(connect(os.getpid()), os.getpid())
        self._state = LedgerState(self._source.process)

    def __enter__(self) -> HeldLocks:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._source.close()

    def snapshot(self) -> Snapshot:
        """A ledger taken after this call, and the names of all that it holds."""
        asked_ns = time.monotonic_ns()
        self._source.ask("ledger")
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for kind, payload in self._source.receive(0.1):
                self._state.apply(kind, payload)
            found = self._state.snapshot(time.monotonic_ns())
            named = all(hold.lock in found.locks for hold in found.holds)
            if self._state.ledger_ns > asked_ns and named:
                return found
        raise LocktraceError("the agent in this process does not answer")

    def left(self, before: Snapshot) -> tuple[Snapshot, list[Hold]]:
        """The holds since `before` that nobody will release, with the snapshot that shows them.

        Those of the calling thread, of ended threads, and of functions that have returned;
        another thread at its work is given LOOK_S to let go, or to be seen to have left.
        """
        known = {hold.id for hold in before.holds}
        deadline = time.monotonic() + LOOK_S
        while True:
            now = self.snapshot()
            fresh = [hold for hold in now.holds if hold.id not in known]
            left = [hold for hold in fresh if _is_left(now, hold)]
            if len(left) == len(fresh) or time.monotonic() > deadline:
                return now, [hold for hold in left if now.locks[hold.lock].parent is None]


def _is_left(snapshot: Snapshot, hold: Hold) -> bool:
    actor = snapshot.actors.get(hold.actor)
    ours = actor is not None and actor.native_id == threading.get_native_id()
    return ours or is_leaked(snapshot, hold)


def describe(snapshot: Snapshot, holds: list[Hold]) -> str:
    """A line for each hold: which lock, in which mode, taken where and by whom."""
    lines = [
        f"{lock_name(snapshot, hold.lock)} is still held ({hold.mode}), taken at "
        f"{place(hold.site)}{f' in {hold.site.function}' if hold.site else ''} "
        f"by {who(snapshot, hold.actor)}"
        for hold in holds
    ]
    return "\n".join(lines)


@contextmanager
def assert_no_leaked_locks() -> Iterator[None]:
    """LeakedLockError, an AssertionError, if the block ends with a lock held that it took."""
    with HeldLocks() as held:
        before = held.snapshot()
        yield
        now, left = held.left(before)
    if left:
        raise LeakedLockError(describe(now, left))
