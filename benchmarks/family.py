"""What it costs to follow a pre-forking server with its workers: one refresh of the screen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from locktrace.family.feed import FamilyFeed
from locktrace.family.scout import Scout
from locktrace.launch.environment import traced
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session
from locktrace.view import View
from locktrace_tui.rows.index import facts_by_lock
from locktrace_tui.rows.locks import Lens, lock_list

SERVER = Path(__file__).parent.parent / "tests" / "targets" / "prefork.py"
WORKERS, LOCKS = 8, 100
ROUNDS = 20
REFRESH_S = 0.25
PATIENCE_S = 30.0


def table() -> Iterator[str]:
    """Lines: the observer's CPU time for the view and for the rows of the locks table."""
    with subprocess.Popen(
        [sys.executable, str(SERVER), str(WORKERS), str(LOCKS)],
        env=traced(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        try:
            view, views, rows = _measure(server)
        finally:
            server.kill()
    rate = sum(lock.rate for lock in view.snapshot.locks.values())
    yield f"ms of CPU a refresh, {WORKERS} workers with {LOCKS} locks each, {rate:.0f} acquires/s"
    yield f"{'the view':>10}{'its rows':>10}"
    yield f"{median(views):>10.1f}{median(rows):>10.1f}"


def _measure(server: subprocess.Popen[bytes]) -> tuple[View, list[float], list[float]]:
    assert server.stdout is not None
    for _ in range(WORKERS):
        server.stdout.readline()
    feed = FamilyFeed(_session(server.pid), Scout(server.pid, open=_session, enter=_session))
    view = _complete(feed)
    views, rows = zip(*(_refresh(feed) for _ in range(ROUNDS)), strict=True)
    feed.close()
    return view, list(views), list(rows)


def _session(pid: int) -> Session:
    return Session(AgentSource(connect(pid), pid))


def _complete(feed: FamilyFeed) -> View:
    deadline = time.monotonic() + PATIENCE_S
    view = feed.poll(REFRESH_S)
    while time.monotonic() < deadline and len(view.snapshot.locks) < WORKERS * LOCKS:
        view = feed.poll(REFRESH_S)
    for _ in range(8):
        view = feed.poll(REFRESH_S)
    return view


def _refresh(feed: FamilyFeed) -> tuple[float, float]:
    time.sleep(REFRESH_S)
    began = time.process_time()
    view = feed.poll(0)
    seen = time.process_time()
    lock_list(facts_by_lock(view), view.snapshot, Lens(), view.members)
    return 1e3 * (seen - began), 1e3 * (time.process_time() - seen)
