"""The story in three acts, hand-built, and a feed that tells it to the real app."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from locktrace.errors import LocktraceError
from locktrace.model import (
    Actor,
    Certainty,
    Finding,
    Hold,
    Lock,
    Mode,
    Process,
    RoleSite,
    Severity,
    Site,
    Snapshot,
    StallSnapshot,
    ThreadStack,
    Wait,
)
from locktrace.view import View
from locktrace_tui.app import LocktraceApp
from locktrace_tui.widgets.sheet import MARKER
from tests.support import PATIENCE_S

SECOND = 1_000_000_000
NOW = 100_000 * SECOND
SMALL, LARGE = (80, 24), (200, 60)
SOURCE = """\
class V2Filter:
    def _addresses(self, name):
        self.ip_table.r_lock()
        return self._table[name]

    def reload(self):
        self.ip_table.lock()
        self._table = self._store.read()
        self.ip_table.unlock()
"""
NAMES = ("alpha", "beta", "gamma", "delta")


class FakeFeed:
    """Gives the views that it is handed, the last one again and again, as a session does."""

    def __init__(self, *views: View) -> None:
        self._views: queue.SimpleQueue[View] = queue.SimpleQueue()
        self._last: View | None = None
        self.dumps: list[Path | LocktraceError] = []
        self.polls = 0
        for view in views:
            self.tell(view)

    def tell(self, view: View) -> None:
        self._views.put(view)

    def poll(self, timeout: float) -> View:
        self.polls += 1
        with suppress(queue.Empty):
            self._last = self._views.get(timeout=None if self._last is None else timeout)
        assert self._last is not None
        return self._last

    def dump(self) -> Path:
        result = self.dumps.pop(0)
        if isinstance(result, LocktraceError):
            raise result
        return result

    def close(self) -> None:
        """Nothing to let go of."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Performance:
    """The app on a stage of its own, and what can be seen of it."""

    def __init__(self, app: LocktraceApp, feed: FakeFeed, pilot: Any, clock: Clock) -> None:
        self.app = app
        self.feed = feed
        self.pilot = pilot
        self.clock = clock

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for `condition`, and then for everything that the app has yet to draw."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "\n".join(self.lines())
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def tell(self, view: View) -> None:
        """Let the feed give `view`, and wait until it is on the screen."""
        self.feed.tell(view)
        await self.until(lambda: self.app.shown is view)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def svg(self) -> str:
        return self.app.export_screenshot(simplify=True)

    def lines(self) -> list[str]:
        """The lines of text that a person sees."""
        return text_lines(self.svg())

    def text(self) -> str:
        """All that a person sees, runs of blanks as one, so that wrapped sentences are whole."""
        return " ".join(" ".join(self.lines()).split())

    def cursor_line(self) -> str:
        """The topmost line with a cursor: that of the locks table on the main screen."""
        return self.line_with(MARKER)

    def line_with(self, text: str) -> str:
        return next(line for line in self.lines() if text in line)


def text_lines(svg: str) -> list[str]:
    """The text of a screenshot by line, without the title, bars and frames (they are Textual's)."""
    root = ElementTree.fromstring(svg)
    rows: dict[int, dict[int, str]] = {}
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        if clip := element.get("clip-path"):
            row = int(clip.rpartition("-")[2].rstrip(")"))
            column = round(float(element.get("x", "0")) / CELL)
            rows.setdefault(row, {})[column] = (element.text or "").translate(PLAINER)
    return [_line(rows.get(row, {})) for row in range(max(rows) + 1)]


def _line(pieces: dict[int, str]) -> str:
    line = ""
    for column in sorted(pieces):
        line = line.ljust(column) + pieces[column]
    return line.rstrip()


CELL = 12.2
"""Width of a character in the screenshots, in their units."""
PLAINER = {0xA0: " "} | dict.fromkeys(range(9600, 9632), " ")


@pytest.fixture
def text_of() -> Callable[[str], list[str]]:
    return text_lines


@pytest.fixture
def playing() -> Callable[..., AbstractAsyncContextManager[Performance]]:
    """Runs the app in a terminal of a given size and waits for the first view to be seen."""

    @asynccontextmanager
    async def play(view: View, size: tuple[int, int] = SMALL) -> AsyncIterator[Performance]:
        feed, clock = FakeFeed(view), Clock()
        app = LocktraceApp(feed, clock=clock)
        async with app.run_test(size=size, notifications=True) as pilot:
            performance = Performance(app, feed, pilot, clock)
            await performance.until(lambda: app.shown is view)
            yield performance

    return play


@dataclass(frozen=True)
class Story:
    """The acts: reads that were never released, then the stall, then the end of the target.

    Or its silence, for a worker keeps the GIL.
    """

    leaked: View
    stalled: View
    ended: View
    silent: View


@dataclass(frozen=True)
class Stage:
    """The sites of the story, in a source file that is really there."""

    read: Site
    write: Site
    handle: Site
    run: Site
    created: Site


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    source = tmp_path / "v2.py"
    source.write_text(SOURCE)
    return Stage(
        read=Site(str(source), 3, "V2Filter._addresses"),
        write=Site(str(source), 7, "V2Filter.reload"),
        handle=Site("/srv/demo/responder.py", 41, "Responder.respond"),
        run=Site("/srv/demo/workers.py", 58, "WorkerPool._run"),
        created=Site("/srv/demo/v2.py", 31, "V2Filter.__init__"),
    )


def _query(number: int) -> str:
    return f"query {NAMES[number % len(NAMES)]}.example. A"


def _locks(stage: Stage, reads: int) -> dict[int, Lock]:
    locks = [
        Lock(3, "Lock", "ResponseCache.lock", stage.created, acquisitions=2568, rate=214.0),
        Lock(1, "RWMutex", "V2Filter.ip_table", stage.created, acquisitions=reads, rate=107.4),
        Lock(2, "Lock", "V2Filter.ip_table.mutex", parent=1, acquisitions=2 * reads, rate=214.8),
        Lock(4, "Condition", "WorkerPool.queue.not_empty", acquisitions=1292, contended=1284),
        Lock(5, "Lock", "WorkerPool.queue.mutex", parent=4, acquisitions=3900, contended=31),
        Lock(6, "RLock", "SqliteStore.connection", acquisitions=3, rate=0.1),
        Lock(7, "Event", "Server.stopping", acquisitions=0),
        Lock(8, "Semaphore", "TcpListener.slots", acquisitions=12, rate=0.4, hold_ns=SECOND),
        Lock(9, "Lock", "Counters.lock", acquisitions=5136, contended=41, rate=428.0),
        Lock(10, "RLock", "StreamHandler.lock"),
    ]
    return {lock.id: lock for lock in locks}


def _actors(labelled: bool) -> dict[int, Actor]:
    workers = [
        Actor(i, f"worker-{i}", native_id=4200 + i, label=_query(i) if labelled else "")
        for i in range(1, 9)
    ]
    others = [
        Actor(20, "MainThread", native_id=4200),
        Actor(21, "reloader", native_id=4221, label="reload of the IP table"),
        Actor(22, "udp-listener", native_id=4222),
    ]
    return {actor.id: actor for actor in (*workers, *others)}


def _reads(stage: Stage, count: int) -> tuple[Hold, ...]:
    return tuple(
        Hold(
            1000 + i, 1, Mode.SHARED, 1 + i % 8, (stage.read, stage.handle, stage.run),
            NOW - 12 * SECOND + i * SECOND // 200, label=_query(i), returned=True,
        )
        for i in range(count)
    )  # fmt: skip


def _leak(stage: Stage, count: int) -> Finding:
    return Finding(
        "leaked-lock",
        Severity.ERROR,
        Certainty.HELD_BY,
        f"V2Filter.ip_table: {count} read locks taken in V2Filter._addresses (v2.py:3) were "
        "never released, although that function has returned; the oldest 12.0 s ago.",
        locks=(1,),
        sites=(RoleSite(stage.read, "holder"), RoleSite(stage.created, "creator")),
        actors=(1, 2),
        since_ns=NOW - 12 * SECOND,
        count=count,
    )


def _pending_writer(stage: Stage) -> Finding:
    return Finding(
        "blocked-by-pending-writer",
        Severity.ERROR,
        Certainty.HELD_BY,
        "V2Filter.ip_table: 8 readers are blocked behind the writer reloader (reload of the IP "
        "table), who has waited 6.2 s in V2Filter.reload (v2.py:7); the lock is held by 1284 "
        "read locks taken in V2Filter._addresses (v2.py:3) that were never released; the writer "
        "cannot go on until those are released.",
        locks=(1,),
        sites=(RoleSite(stage.read, "holder"), RoleSite(stage.write, "writer")),
        actors=(21, 1, 2),
        since_ns=NOW - 6 * SECOND,
        count=8,
    )


def _blocked(stage: Stage) -> tuple[Wait, ...]:
    writer = Wait(
        1, 1, Mode.EXCLUSIVE, 21, (stage.write,), NOW - 62 * SECOND // 10, "reload of the IP table"
    )
    readers = (
        Wait(
            1 + i, 1, Mode.SHARED, i, (stage.read, stage.handle, stage.run),
            NOW - 62 * SECOND // 10 + i * SECOND // 100, _query(i),
        )
        for i in range(1, 9)
    )  # fmt: skip
    return (writer, *readers)


def _silence(stage: Stage) -> Finding:
    return Finding(
        "unresponsive",
        Severity.ERROR,
        Certainty.HELD_BY,
        "The interpreter has given no word for 10.0 s: worker-3 keeps the GIL in "
        "V2Filter._addresses_of_all_networks (v2.py:3), by a C call; no other thread of Python "
        "can run.",
        sites=(RoleSite(stage.read, "holder"),),
        actors=(3,),
        since_ns=NOW - 10 * SECOND,
    )


def _idle(stage: Stage, workers: Iterable[int]) -> tuple[Wait, ...]:
    pool = (
        Wait(50 + i, 4, Mode.EXCLUSIVE, i, (stage.run,), NOW - SECOND // 10, timed=True)
        for i in workers
    )
    return (*pool, Wait(70, 7, Mode.EXCLUSIVE, 20, (stage.run,), NOW - 20 * SECOND))


def _threads(stage: Stage) -> tuple[ThreadStack, ...]:
    outwards = (stage.handle, stage.run)
    mutex = Site("/srv/demo/rwmutex.py", 77, "r_lock")
    workers = (
        ThreadStack(4200 + i, f"worker-{i}", (mutex, stage.read, *outwards)) for i in range(1, 9)
    )
    main = ThreadStack(4200, "MainThread", (Site("/srv/demo/server.py", 90, "main"),), active=True)
    reloader = ThreadStack(4221, "reloader", (stage.write,))
    return (main, *workers, reloader)


@pytest.fixture
def story(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    process = Process(
        4711, 0.0, "3.11.7", "python", ("python", "-m", "locktrace_demo", "--port", "5353")
    )
    early = Snapshot(
        process,
        NOW,
        1_700_000_000.0,
        _locks(stage, 412),
        _actors(labelled=False),
        (*_reads(stage, 412), Hold(3000, 8, Mode.EXCLUSIVE, 22, (stage.run,), NOW - SECOND // 5)),
        _idle(stage, range(1, 9)),
    )
    late = replace(
        early,
        taken_at=1_700_000_007.0,
        locks=_locks(stage, 1284),
        actors=_actors(labelled=True),
        holds=(*_reads(stage, 1284), *early.holds[-1:]),
        waits=(*_blocked(stage), *_idle(stage, ())),
        dropped=7,
    )
    findings = (_pending_writer(stage), _leak(stage, 1284))
    stall = StallSnapshot("4711-20231114-221327", late, findings, _threads(stage), "py-spy")
    stalled = View(late, findings, (stall,))
    locks = {id: replace(lock, rate=0.0) for id, lock in _locks(stage, 0).items()}
    idle = tuple(wait for wait in early.waits if wait.actor != 3)
    calm = replace(early, holds=(), waits=idle, locks=locks)
    silence = (_silence(stage),)
    main, *others = _threads(stage)
    keeper = ThreadStack(4203, "worker-3", (stage.read, stage.handle, stage.run), owns_gil=True)
    threads = (main, *(t for t in others if t.name != keeper.name), keeper)
    hush = StallSnapshot("4711-20231114-221320", calm, silence, threads, "py-spy")
    ended = "The target (pid 4711) was killed by SIGKILL"
    return Story(
        leaked=View(early, (_leak(stage, 412),)),
        stalled=stalled,
        ended=replace(stalled, ended=ended),
        silent=View(calm, silence, (hush,)),
    )
