"""Of the agent's waits, how many the kernel confirms: same thread, same address, same duration."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field

from benchmarks.children import environment, prefer
from locktrace.kernel_view import is_own_wait
from locktrace.launch.demo_server import DemoServer
from locktrace.launch.processes import connect
from locktrace.model import Snapshot
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.kernel.interpreter import Interpreter
from locktrace.observe.kernel.records import OfOne, Regained, Waited
from locktrace.observe.kernel.source import BothSource, KernelSource
from locktrace.observe.kernel.states import BothState
from locktrace.observe.kernel.tracer import Following, Tracer
from locktrace.session import Session
from locktrace.wire import frames
from locktrace.wire.events import WAITED, WAITING, unpack_events

LONG_NS = 5_000_000
NEAR_NS = 1_000_000
SECONDS = 8.0
CONTENDED = """
import threading, time
lock = threading.Lock()
def work(pause):
    while True:
        with lock:
            time.sleep(pause)
        time.sleep(0.001)
for pause in (0.002, 0.005, 0.008, 0.011):
    threading.Thread(target=work, args=(pause,), daemon=True).start()
input()
"""
STALL = ["--port", "0", "--load", "50", "--reload-every", "15s"]  # bpftrace is up by then


@dataclass
class Count:
    """Of `waits` of the agent, those whose address and thread, and whose duration agree."""

    waits: int = 0
    seen: int = 0
    within_1_ms: int = 0
    off_by_ms: list[float] = field(default_factory=list)

    def add(self, agent_ns: int, kernel_ns: int | None) -> None:
        self.waits += 1
        if kernel_ns is not None:
            self.seen += 1
            self.within_1_ms += abs(agent_ns - kernel_ns) <= NEAR_NS
            self.off_by_ms.append(round(abs(agent_ns - kernel_ns) / 1e6, 3))

    def document(self) -> dict[str, float]:
        worst = max(self.off_by_ms, default=0.0)
        return {
            "waits": self.waits,
            "same_thread_and_address": self.seen,
            "duration_within_1_ms": self.within_1_ms,
            "worst_difference_ms": worst,
        }


class Keeping(Tracer):
    """Keeps what it tells."""

    kept: list[OfOne]

    def receive(self, following: Following, timeout: float) -> list[OfOne]:
        heard = super().receive(following, timeout)
        self.kept += heard
        return heard


def contended() -> Count:
    """Four threads that hold one lock for 2 to 11 ms in turn; waits of 5 ms and more."""
    child = subprocess.Popen(
        [sys.executable, "-c", CONTENDED], env=environment("c"), stdin=subprocess.PIPE
    )
    prefer(child.pid)
    try:
        tracer = Keeping(threshold_ns=0)  # a wait may be one of many short ones
        tracer.kept = []
        kernel = KernelSource(child.pid, tracer)
        source = BothSource(AgentSource(connect(child.pid), child.pid), kernel)
        state = BothState(source.process, source.witness, source.ask)
        told = _record(source, state)
        seen = [record for record in tracer.kept if isinstance(record, Waited | Regained)]
        interpreter = Interpreter(child.pid)
        snapshot = state.snapshot(time.monotonic_ns())
        futexes = {id: interpreter.futex_of(it.address) for id, it in snapshot.locks.items()}
        source.close()
        return _matched(told, seen, futexes, snapshot)
    finally:
        child.kill()
        child.communicate()


Told = list[tuple[int, int, int, int]]
"""(actor, lock, since, until) of each wait of the agent"""


def _record(source: BothSource, state: BothState) -> Told:
    begun: dict[int, tuple[int, int, int]] = {}
    told: Told = []
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for kind, payload in source.receive(0.2):
            state.apply(kind, payload)
            for _, at, ref, lock, actor, _, _, op, _ in (
                unpack_events(payload) if kind == frames.EVENTS else ()
            ):
                if op == WAITING:
                    begun[ref] = (actor, lock, at)
                elif op == WAITED and ref in begun:
                    told.append((*begun.pop(ref), at))
    return told


def _matched(
    told: Told, seen: list[Waited | Regained], futexes: dict[int, int], snapshot: Snapshot
) -> Count:
    """Waits near the ends of the recording, of which one side may not have heard, left out."""
    times = [record.until_ns for record in seen]
    first, last = min(times), max(times) - 1_000_000_000
    counted = Count()
    for actor, lock, since, until in told:
        if until - since < LONG_NS or since < first or until > last:
            continue
        thread = snapshot.actors[actor].native_id
        inside = [
            record
            for record in seen
            if record.thread == thread
            and record.since_ns >= since - NEAR_NS
            and record.until_ns <= until + NEAR_NS
        ]
        there = any(isinstance(r, Waited) and r.key == futexes.get(lock) for r in inside)
        kernel_ns = sum(record.until_ns - record.since_ns for record in inside)
        counted.add(until - since, kernel_ns if there else None)
    return counted


def stall() -> Count:
    """The demo server's stall: waits that do not end, told by how long they have lasted."""
    with DemoServer(STALL, traced=True) as server:
        prefer(server.pid)
        agent = AgentSource(connect(server.pid), server.pid)
        source = BothSource(agent, KernelSource(server.pid))
        state = BothState(source.process, source.witness, source.ask)
        session = Session(source, state=state)
        view = session.settle(60)
        while not view.stalls:
            view = session.poll(0.2)
        settled = time.monotonic() + 5.0  # the addresses of conditions' waiters are asked for
        while time.monotonic() < settled:
            view = session.poll(0.2)
        session.close()
    snapshot, kernel = view.snapshot, view.snapshot.kernel
    assert kernel is not None
    since = {wait.thread: wait.since_ns for wait in kernel.waits}
    counted = Count()
    for wait in snapshot.waits:
        if not is_own_wait(wait.id) and snapshot.taken_ns - wait.since_ns >= LONG_NS:
            confirmed = wait.id in kernel.confirmed
            lasted = snapshot.taken_ns - since[wait.actor] if confirmed else None
            counted.add(snapshot.taken_ns - wait.since_ns, lasted)
    return counted
