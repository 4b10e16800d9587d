"""A stall snapshot made by hand, with something of everything, and a real process to look into."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

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
from locktrace.snapshots.stacks import py_spy_stacks

SECOND = 1_000_000_000
NOW_NS = 500 * SECOND

FILTERS = """\
class V2Filter:
    def lookup(self, name):
        self.mutex.r_lock()
        return self.ip_table.get(name)

    def reload(self):
        with self.mutex:
            self.ip_table = self.store.load()

    def answer(self, query):
        return self.lookup(query.name)
"""

TARGET = """\
import sys, threading, time

gate = threading.Lock()
gate.acquire()

class Worker:
    def run(self):
        gate.acquire()

worker = threading.Thread(target=Worker().run, name="worker-1", daemon=True)
worker.start()
while sys._current_frames()[worker.ident].f_code.co_name != "run":
    time.sleep(0.001)
print("ready", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def filters(tmp_path) -> Path:
    """The source file that the stall's sites are in; older than its process."""
    file = tmp_path / "demo" / "filters.py"
    file.parent.mkdir()
    file.write_text(FILTERS)
    return file


@pytest.fixture
def stall(filters) -> StallSnapshot:
    """The story: 40 leaked reads of two workers, the reload behind them, a query behind that."""
    lookup = Site(str(filters), 3, "V2Filter.lookup")
    reload = Site(str(filters), 7, "V2Filter.reload")
    answer = Site(str(filters), 11, "V2Filter.answer")
    table = Lock(
        1, "RWMutex", "V2Filter.ip_table", Site(str(filters), 1, "V2Filter.__init__"),
        acquisitions=52, contended=2, wait_ns=3 * SECOND, hold_ns=7, rate=1.5,
    )  # fmt: skip
    inner = Lock(
        2, "Lock", "V2Filter.ip_table.inner", None, parent=1, unlisted_holds=3,
        acquire_sites=(lookup,),
    )  # fmt: skip
    holds = tuple(
        Hold(100 + n, 1, Mode.SHARED, 11 + n % 2, (lookup, answer), NOW_NS - (50 - n) * SECOND,
             "query beta.example. A", returned=True)
        for n in range(40)
    )  # fmt: skip
    waits = (
        Wait(200, 1, Mode.EXCLUSIVE, 13, (reload,), NOW_NS - 9 * SECOND),
        Wait(201, 1, Mode.SHARED, 11, (lookup, answer), NOW_NS - 8 * SECOND, "query A", True),
    )
    return StallSnapshot(
        id="20261123-150301-4242",
        snapshot=Snapshot(
            Process(4242, filters.stat().st_mtime, "3.11.7", "python", ("python", "-m", "demo")),
            NOW_NS,
            1_795_446_181.5,
            {1: table, 2: inner, 3: Lock(3, "Event", "stop")},
            {
                11: Actor(11, "worker-1", native_id=5001, label="query A"),
                12: Actor(12, "worker-2", native_id=5002, ended=True),
                13: Actor(13, "reloader", native_id=5003),
                14: Actor(14, "Task-1", "task", native_id=5001),
            },
            holds,
            waits,
            dropped=2,
            faults=1,
        ),
        findings=(
            Finding(
                "blocked-by-pending-writer", Severity.ERROR, Certainty.HELD_BY,
                "V2Filter.ip_table: 1 reader is blocked behind the writer reloader.", (1,),
                (RoleSite(lookup, "holder"), RoleSite(reload, "writer"),
                 RoleSite(lookup, "reader"), RoleSite(table.created_at, "creator")),
                (13, 11), NOW_NS - 9 * SECOND, frozenset({200}), 1,
            ),
            Finding("stall", Severity.WARNING, Certainty.UNKNOWN, "No holder.", (2,)),
        ),
        threads=(
            ThreadStack(4242, "MainThread", (Site("/usr/lib/select.py", 5, "poll"),), True, True),
            ThreadStack(5001, "worker-1", (lookup, answer)),
            ThreadStack(5003, "reloader", (reload,)),
        ),
        stacks_from="py-spy",
    )  # fmt: skip


@pytest.fixture(scope="session")
def schema():
    """The published JSON schema."""
    file = Path(__file__).parents[2] / "docs" / "schema" / "dump.schema.json"
    return json.loads(file.read_text())


@pytest.fixture
def target(tmp_path):
    """A real Python process: its main thread waits for an Event, worker-1 for a lock."""
    program = tmp_path / "target.py"
    program.write_text(TARGET)
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        created = psutil.Process(process.pid).create_time()
        yield Process(process.pid, created, "", "", (sys.executable, str(program)))
        process.kill()


@pytest.fixture
def visible_target(target):
    """The same, where py-spy may look into it."""
    note = py_spy_stacks(target).note
    if "may not look" in note or "not found" in note:
        pytest.skip(note)
    return target
