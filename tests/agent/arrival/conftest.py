"""Targets in which the agent is switched on late, observed from their very first picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from locktrace.model import Hold, Snapshot, Wait
from tests.support import Target, interpreters, observed, running

PYTHONS = sorted(interpreters())


@contextmanager
def arrived(scene: str, version: str, **extra: str) -> Iterator[tuple[Target, Snapshot]]:
    """A scene of `targets/late.py`, and the first picture of it."""
    with running("late", scene, python=interpreters()[version], trace=False, **extra) as target:
        target.expect("ready")
        with observed(target) as session:
            yield target, session.poll(0).snapshot


def holds_of(snapshot: Snapshot, thread: str) -> list[Hold]:
    return [hold for hold in snapshot.holds if snapshot.actors[hold.actor].name == thread]


def waits_of(snapshot: Snapshot, thread: str) -> list[Wait]:
    return [wait for wait in snapshot.waits if snapshot.actors[wait.actor].name == thread]
