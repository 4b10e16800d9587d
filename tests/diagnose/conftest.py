"""A world of threads and locks that a test tells in sentences, and looks at as a snapshot.

    world.lock("A").hold("t1", age=5).wait("t2", age=4)

Threads come into being when they are first named. Ages are seconds before the look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

import pytest

from locktrace.diagnose import Thresholds, diagnose
from locktrace.model import (
    Actor,
    Certainty,
    Finding,
    Hold,
    Lock,
    Mode,
    Present,
    Process,
    Site,
    Snapshot,
    ThreadStack,
    Wait,
)
from locktrace.observe.history import Chronicle
from locktrace.wire.events import SHARED, TRY

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
        likely: bool = False,
        found: bool = False,
    ) -> Told:
        """`found`: when the agent came; `likely`: so, and nothing proves it."""
        certainty = Certainty.LIKELY if likely else Certainty.HELD_BY
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
                    found=found or likely,
                    certainty=certainty,
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
        found: bool = False,
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
                    found=found,
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
        self.past = Chronicle()
        self.present: Present | None = None
        self.finished = False
        self.heard_age = 0.0
        self.forked_age: float | None = None

    def lock(
        self,
        name: str,
        kind: str = "Lock",
        inside: str | None = None,
        foreign_releases: int = 0,
        unlisted: int = 0,
        made_in: str = "",
        acquire_sites: Iterable[str] = (),
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
                acquire_sites=tuple(self.stack(function)[0] for function in acquire_sites),
            )
        return Told(self, self.locks[name])

    def rwlock(self, name: str, foreign_releases: int = 0, unlisted: int = 0) -> Told:
        return self.lock(name, "RWMutex", foreign_releases=foreign_releases, unlisted=unlisted)

    def actor(self, name: str) -> int:
        if name not in self.actors:
            id = next(self.ids)
            self.actors[name] = Actor(id, name, native_id=10_000 + id)
        return self.actors[name].id

    def task(self, name: str) -> None:
        """That actor is a task of asyncio's."""
        self.actor(name)
        self.actors[name] = replace(self.actors[name], kind="task")

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
            self.process(),
            NOW_NS + round(after * 1e9),
            1_764_000_060.0 + after,
            {lock.id: lock for lock in self.locks.values()},
            {actor.id: actor for actor in self.actors.values()},
            tuple(self.holds),
            tuple(self.waits),
            heard_ns=NOW_NS + round((after - self.heard_age) * 1e9),
            finished=self.finished,
            history=self.past.view(NOW_NS, 0),
            present=self.present,
        )

    def process(self) -> Process:
        command = ("python", "app.py")
        forked = 0 if self.forked_age is None else NOW_NS - round(self.forked_age * 1e9)
        return Process(4242, 1.764e9, "CPython 3.11.7", "python", command, forked_ns=forked)

    def run(self, actor: str, *steps: str, at: str = "work", age: float = 60.0) -> None:
        """What `actor` did, as the observer heard of it, from `age` seconds ago on.

        ``+A`` takes A, ``r+A`` reads it, ``?A`` tries, ``-A`` lets go: each a microsecond
        later than the one before. A step ``f: +A`` is done in the function `f`, called from
        those before that are still at it.
        """
        held: dict[str, list[Hold]] = {}
        callers: tuple[Site, ...] = ()
        for n, step in enumerate(steps):
            function, _, what = step.rpartition(": ")
            name, when = what.lstrip("r+?-"), NOW_NS - round(age * 1e9) + n * 1000
            told = self.lock(name) if name not in self.locks else Told(self, self.locks[name])
            lock = self.locks[name]
            parent = next((k for k in self.locks.values() if k.id == lock.parent), None)
            self.past.define(lock, parent)
            if what.startswith("-"):
                self.past.released(held[name].pop(), NOW_NS)
                continue
            site = self.stack(function or at)[0]
            mode = Mode.SHARED if what.startswith("r") else Mode.EXCLUSIVE
            stack = (replace(site, line=site.line + n), *callers, Site("/app/main.py", 1, "main"))
            taken = Hold(next(self.ids), told.id, mode, self.actor(actor), stack, when)
            if function:
                callers = (stack[0], *callers)
            flags = (SHARED if mode is Mode.SHARED else 0) | (TRY if "?" in what else 0)
            self.past.acquired(taken, flags)
            held.setdefault(name, []).append(taken)

    def see(self, **threads: str | tuple[str, ...]) -> None:
        """What these threads do at present: ``doing`` in words, or the functions of the stack."""
        seen = []
        for name, doing in threads.items():
            actor = self.actors.get(name)
            words = doing if isinstance(doing, str) else ""
            functions = ("busy",) if isinstance(doing, str) else doing
            frames = tuple(self.stack(f)[0] for f in functions)
            native_id = actor.native_id if actor is not None else 77
            seen.append(ThreadStack(native_id, name, frames, doing=words))
        handlers = self.present.handlers if self.present is not None else frozenset()
        self.present = Present(NOW_NS, tuple(seen), handlers)

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
