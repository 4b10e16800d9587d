"""Processes as a family knows them, made by hand."""

from __future__ import annotations

from collections.abc import Iterable

from locktrace.family.apart import Apart
from locktrace.family.joining import Part
from locktrace.model import Actor, Hold, Lock, Mode, Process, Site, Snapshot, Wait

SECOND = 1_000_000_000
NOW = 100 * SECOND
MADE = Site("/srv/app/shop.py", 7, "main")
TAKEN = Site("/srv/app/shop.py", 20, "sell")
WANTED = Site("/srv/app/shop.py", 30, "count")


def lock(id: int, name: str = "main.till", os_id: str = "", kind: str = "Lock") -> Lock:
    return Lock(id, f"multiprocessing.{kind}", name, MADE, os_name="/mp-same", os_id=os_id)


def held(lock: int, since_s: float = 5) -> Hold:
    return Hold(10 + lock, lock, Mode.EXCLUSIVE, 1, (TAKEN,), NOW - int(since_s * SECOND))


def wanted(lock: int, since_s: float = 4) -> Wait:
    return Wait(20 + lock, lock, Mode.EXCLUSIVE, 1, (WANTED,), NOW - int(since_s * SECOND))


def process(
    number: int,
    locks: Iterable[Lock],
    holds: Iterable[Hold] = (),
    waits: Iterable[Wait] = (),
    fate: str = "",
) -> Part:
    """One process with a main thread, whose ids are those of every other until they are joined."""
    pid = 100 + number
    snapshot = Snapshot(
        process=Process(pid, 0.0, "3.11.7", "c", ("python", "shop.py")),
        taken_ns=NOW,
        taken_at=0.0,
        locks={each.id: each for each in locks},
        actors={1: Actor(1, "MainThread", native_id=pid)},
        holds=tuple(holds),
        waits=tuple(waits),
    )
    return Part(number, Apart(number).snapshot(snapshot), fate)
