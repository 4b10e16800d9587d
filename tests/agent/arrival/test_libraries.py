"""The read-write locks of libraries, held and waited for since before the agent came."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from locktrace.model import Certainty, Mode
from tests.agent.arrival.conftest import PYTHONS, holds_of, waits_of
from tests.agent.conftest import NEEDS_C_CORE
from tests.support import SOURCE_ROOTS, interpreters, observed, running, until

pytestmark = NEEDS_C_CORE


@pytest.fixture
def libraries(tmp_path: Path) -> str:
    """For PYTHONPATH: ours are pure Python, so any of the interpreters can have them."""
    for name in ("fasteners", "readerwriterlock", "typing_extensions"):
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (tmp_path / source.name).symlink_to(source)
    return os.pathsep.join(map(str, (tmp_path, *SOURCE_ROOTS)))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("scene", "kind", "holder", "mode", "waiter"),
    [
        ("fasteners", "ReaderWriterLock", "read", Mode.SHARED, "write"),
        ("readerwriterlock", "RWLockFair", "write", Mode.EXCLUSIVE, "read"),
    ],
)
def test_who_has_it_is_known_and_who_waits(
    libraries: str, python: str, scene: str, kind: str, holder: str, mode: Mode, waiter: str
) -> None:
    options = {"python": interpreters()[python], "PYTHONPATH": libraries}
    with running("late", scene, trace=False, **options) as target:
        target.expect("ready")
        with observed(target) as session:
            snapshot = session.poll(0).snapshot
            [lock] = [lock for lock in snapshot.locks.values() if lock.kind == kind]
            [hold] = holds_of(snapshot, holder)
            assert (hold.lock, hold.mode, hold.found) == (lock.id, mode, True)
            assert hold.certainty is Certainty.HELD_BY
            assert hold.site is not None
            assert hold.site.function.endswith(f".{holder}")
            assert lock.id in {wait.lock for wait in waits_of(snapshot, waiter)}
            assert not holds_of(snapshot, waiter)
            target.tell("go on")
            view = until(
                session,
                lambda view: (
                    not any(
                        lock.id in {record.lock for record in records}
                        for records in (view.snapshot.holds, view.snapshot.waits)
                    )
                ),
                "both are done with it",
            )
            assert view.snapshot.locks[lock.id].foreign_releases == 0
