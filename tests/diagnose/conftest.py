"""A world of threads and locks that a test tells in sentences, and looks at as a snapshot.

    world.lock("A").hold("t1", age=5).wait("t2", age=4)

Threads come into being when they are first named. Ages are seconds before the look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from locktrace.diagnose import Thresholds, diagnose
from locktrace.model import Actor, Finding, Hold, Lock, Mode, Process, Site, Snapshot, Wait

NOW_NS = 1_000_000_000_000


class Told:
    """One lock of a world; each method adds to its story and returns it."""

    def __init__(self, world: World, lock: Lock) -> None:
        self.world = world
        self.id = lock.id
        # As the agent records them: permits are shared, and so is waiting for an Event.
        shared = lock.kind.endswith(("Semaphore", "Event"))
        self.mode = Mode.SHARED if shared else Mode.EXCLUSIVE

    def hold(
        self,
        *actors: str,
        age: float = 5.0,
        mode: Mode | None = None,
        at: str = "take",
        returned: bool = False,
        label: str = "",
    ) -> Told:
        for actor in actors:
            self.world.holds.append(
                Hold(
                    next(self.world.ids),
                    self.id,
                    mode or self.mode,
                    self.world.actor(actor),
                    self.world.stack(at),
                    NOW_NS - round(age * 1e9),
                    label,
                    returned,
                )
            )
        return self

    def wait(
        self,
        *actors: str,
        age: float = 4.0,
        mode: Mode | None = None,
        at: str = "want",
        timed: bool = False,
    ) -> Told:
        for actor in actors:
            self.world.waits.append(
                Wait(
                    next(self.world.ids),
                    self.id,
                    mode or self.mode,
                    self.world.actor(actor),
                    self.world.stack(at),
                    NOW_NS - round(age * 1e9),
                    timed=timed,
                )
            )
        return self

    def read(
        self, *actors: str, age: float = 5.0, at: str = "read", returned: bool = False
    ) -> Told:
        return self.hold(*actors, age=age, mode=Mode.SHARED, at=at, returned=returned)

    def wait_to_read(
        self, *actors: str, age: float = 3.5, at: str = "look", timed: bool = False
    ) -> Told:
        return self.wait(*actors, age=age, mode=Mode.SHARED, at=at, timed=timed)


class World:
    """Locks, threads, holds and waits, by name."""

    def __init__(self) -> None:
        self.ids: Iterator[int] = count(1)
        self.locks: dict[str, Lock] = {}
        self.actors: dict[str, Actor] = {}
        self.holds: list[Hold] = []
        self.waits: list[Wait] = []
        self.lines: dict[str, int] = {}

    def lock(
        self,
        name: str,
        kind: str = "Lock",
        inside: str | None = None,
        foreign_releases: int = 0,
        unlisted: int = 0,
        made_in: str = "",
    ) -> Told:
        if name not in self.locks:
            parent = self.locks[inside].id if inside else None
            made_at = self.stack(made_in)[0] if made_in else Site("/app/locks.py", 1, "<module>")
            self.locks[name] = Lock(
                next(self.ids),
                kind,
                name,
                made_at,
                parent,
                foreign_releases=foreign_releases,
                unlisted_holds=unlisted,
            )
        return Told(self, self.locks[name])

    def rwlock(self, name: str, foreign_releases: int = 0, unlisted: int = 0) -> Told:
        return self.lock(name, "RWMutex", foreign_releases=foreign_releases, unlisted=unlisted)

    def actor(self, name: str) -> int:
        if name not in self.actors:
            id = next(self.ids)
            self.actors[name] = Actor(id, name, native_id=10_000 + id)
        return self.actors[name].id

    def end(self, *names: str) -> None:
        """These threads have ended."""
        for name in names:
            self.actor(name)
            self.actors[name] = replace(self.actors[name], ended=True)

    def stack(self, function: str) -> tuple[Site, ...]:
        line = self.lines.setdefault(function, 10 * (len(self.lines) + 1))
        return (Site("/app/work.py", line, function), Site("/app/main.py", 1, "main"))

    def look(self, after: float = 0.0) -> Snapshot:
        """The world `after` seconds from now; what was told has gone on all the time."""
        return Snapshot(
            Process(4242, 1_764_000_000.0, "CPython 3.11.7", "python", ("python", "app.py")),
            NOW_NS + round(after * 1e9),
            1_764_000_060.0 + after,
            {lock.id: lock for lock in self.locks.values()},
            {actor.id: actor for actor in self.actors.values()},
            tuple(self.holds),
            tuple(self.waits),
        )

    def findings(self, *kinds: str, thresholds: Thresholds | None = None) -> tuple[Finding, ...]:
        """What is found in one look, of these kinds or of all."""
        found = diagnose(self.look(), thresholds or Thresholds())
        return tuple(finding for finding in found if not kinds or finding.kind in kinds)

    def finding(self, kind: str) -> Finding:
        """The only finding of this kind."""
        (found,) = self.findings(kind)
        return found

    def kinds(self) -> list[str]:
        return [finding.kind for finding in self.findings()]

    def lock_names(self, finding: Finding) -> list[str]:
        """The names of the locks that a finding lists."""
        by_id = {lock.id: name for name, lock in self.locks.items()}
        return [by_id[id] for id in finding.locks]

    def names(self, finding: Finding) -> list[str]:
        """The names of the actors that a finding lists."""
        by_id = {actor.id: name for name, actor in self.actors.items()}
        return [by_id[id] for id in finding.actors]

    def roles(self, finding: Finding) -> list[tuple[str, str]]:
        """(role, function) of each site that a finding lists."""
        return [(site.role, site.site.function) for site in finding.sites]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def new_world() -> type[World]:
    """For a test that needs many."""
    return World
