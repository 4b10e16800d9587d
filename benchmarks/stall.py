"""From the moment that the demo server's writer gets stuck to the saved stall snapshot."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.record import keep
from locktrace.diagnose import Thresholds
from locktrace.launch.demo_server import DemoServer
from locktrace.launch.processes import connect
from locktrace.model import Mode
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session

ROUNDS = 5


def table() -> Iterator[str]:
    """Lines: seconds from the writer's wait to the snapshot, and what of it was threshold."""
    taken = [_seconds() for _ in range(ROUNDS)]
    threshold = Thresholds().pending_writer_after
    python = f"CPython {platform.python_version()}"
    keep({"python": python, "rounds": ROUNDS}, seconds=taken, threshold=threshold)
    yield f"seconds from the writer's wait to the stall snapshot (with py-spy), {ROUNDS} rounds"
    yield f"{'median':>8}{'longest':>9}{'of it the threshold':>22}"
    yield f"{median(taken):>8.2f}{max(taken):>9.2f}{threshold:>22.2f}"


def _seconds() -> float:
    arguments = ["--port", "0", "--load", "50", "--reload-every", "2s"]
    with DemoServer(arguments, traced=True) as server:
        session = Session(AgentSource(connect(server.pid), server.pid))
        view = session.settle(10)
        while not view.stalls:
            view = session.poll(0.1)
        seen_ns = time.monotonic_ns()
        session.close()
    writers = [w.since_ns for w in view.snapshot.waits if w.mode is Mode.EXCLUSIVE]
    named = [w for w in view.snapshot.waits if view.snapshot.actors[w.actor].name == "reload"]
    since = min(w.since_ns for w in named) if named else min(writers)
    return (seen_ns - since) / 1e9
