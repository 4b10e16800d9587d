"""Views built from their parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from locktrace.model import Actor, Finding, Hold, Lock, Process, Snapshot, Wait
from locktrace.view import View

NOW = 100_000 * 1_000_000_000


@pytest.fixture
def make_view() -> Callable[..., View]:
    """A view of these records, taken at NOW."""

    def make(
        locks: Iterable[Lock] = (),
        holds: Iterable[Hold] = (),
        waits: Iterable[Wait] = (),
        actors: Iterable[Actor] = (),
        findings: Iterable[Finding] = (),
        **snapshot: object,
    ) -> View:
        return View(
            Snapshot(
                Process(4711, 0.0, "3.11.7", "python", ("python", "app.py")),
                NOW,
                1_700_000_000.0,
                {lock.id: lock for lock in locks},
                {actor.id: actor for actor in actors},
                tuple(holds),
                tuple(waits),
                **snapshot,
            ),
            tuple(findings),
        )

    return make
