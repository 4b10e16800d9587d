"""Locks are named as people know them, on every Python there is."""

from __future__ import annotations

import pytest

from locktrace.model import Snapshot
from tests.support import observed, running

pytestmark = pytest.mark.usefixtures("core")


def names(snapshot: Snapshot, kind: str) -> list[str]:
    return sorted(lock.name for lock in snapshot.locks.values() if lock.kind == kind)


def test_every_shape_of_creation_gets_the_name_in_the_source(python: str) -> None:
    with running("naming", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            snapshot = session.poll(0).snapshot
    locks = names(snapshot, "Lock")
    assert "Registry.table" in locks
    assert "Registry.shards[]" in locks
    assert "Registry.shards[] #2" in locks
    assert "Registry.by_name[]" in locks
    assert "Registry.shared" in locks
    assert "Registry.made_by_helper" in locks
    assert "naming.GLOBAL" in locks
    assert "main.local" in locks
    assert {"Registry.first", "Registry.second", "Registry.primary"} <= set(locks)
    sides = {f"Registry.__init__.{side}" for side in ("north", "east", "south", "west")}
    assert sides <= set(locks)
    assert "naming.LEFT" in locks
    assert "naming.RIGHT" in names(snapshot, "RLock")
    assert "Registry.jobs.mutex" in locks
    assert "main.job.guard" in locks
    assert "Lock made at naming.py:62" in locks
    assert names(snapshot, "Semaphore") == ["Registry.permits"]
    assert "Registry.done" in names(snapshot, "Event")
    assert "Registry.idle" in names(snapshot, "Event")
    assert "Registry.changed" in names(snapshot, "Condition")
    assert "RWLock" in {lock.kind for lock in snapshot.locks.values()}
    assert names(snapshot, "RWLock") == ["Registry.ip_table"]


def test_inner_locks_are_named_after_what_they_are_inside_of(python: str) -> None:
    with running("naming", python=python) as target:
        target.expect("ready")
        with observed(target) as session:
            snapshot = session.poll(0).snapshot
    [rwlock] = [lock for lock in snapshot.locks.values() if lock.kind == "RWLock"]
    inner = {lock.name for lock in snapshot.locks.values() if lock.parent == rwlock.id}
    assert inner == {"Registry.ip_table._mutex"}
