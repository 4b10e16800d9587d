"""The read-write locks of readerwriterlock, fasteners and aiorwlock, with nothing to register."""

from __future__ import annotations

import pytest

from locktrace.model import Mode
from tests.agent.ledgers import holds, waits
from tests.support import observed, running, until

pytestmark = pytest.mark.usefixtures("core")
KINDS = ("RWLockFairD", "ReaderWriterLock", "InterProcessLock", "aiorwlock.RWLock")


def test_readers_hold_and_writers_wait() -> None:
    with running("rwlock_libraries") as target:
        target.expect("ready")
        with observed(target) as session:
            view = until(session, lambda v: len(waits(v.snapshot, *KINDS)) == 3)
            snapshot = view.snapshot
            assert waits(snapshot, *KINDS) == {
                ("write_fair", "RWLockFairD", "rwlock_libraries.fair"),
                ("write_shared", "ReaderWriterLock", "rwlock_libraries.shared"),
                ("write_async (write)", "aiorwlock.RWLock", "main.lock"),
            }
            assert holds(snapshot, *KINDS) == {
                ("MainThread", "RWLockFairD", "rwlock_libraries.fair"),
                ("MainThread", "ReaderWriterLock", "rwlock_libraries.shared"),
                ("MainThread", "InterProcessLock", "rwlock_libraries.alone"),
                ("Task-1 (main)", "aiorwlock.RWLock", "main.lock"),
            }
            modes = {snapshot.locks[h.lock].kind: h.mode for h in snapshot.holds}
            assert modes["RWLockFairD"] is modes["aiorwlock.RWLock"] is Mode.SHARED
            assert modes["InterProcessLock"] is Mode.EXCLUSIVE
            target.tell("on")
            target.expect("done False True")
            view = until(session, lambda v: len(holds(v.snapshot, *KINDS)) == 1)
            assert holds(view.snapshot, *KINDS) == {
                ("MainThread", "RWLockFairD", "rwlock_libraries.fair")
            }
            target.tell("on")
            assert target.finish()[0] == 0
