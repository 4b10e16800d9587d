"""Forks, exits, uninstalling: the process goes on as if nobody had looked."""

from __future__ import annotations

import subprocess

from tests.support import ROOT, observed, running


def test_forked_children_end_as_they_would_and_are_told_no_warning(python: str) -> None:
    with running("forking", python=python) as target:
        target.expect("threads 1")
        target.expect("child 7")
        target.expect("child 7")
        said = target.read().split()
        assert said[0] == "here"
        target.tell("on")
        target.expect("parent")
        code, _, errors = target.finish()
        assert (code, errors) == (0, "")


def test_a_forked_child_is_a_process_of_its_own(python: str) -> None:
    with running("forking", python=python) as target:
        for line in ("threads 1", "child 7", "child 7"):
            target.expect(line)
        child = int(target.read().split()[1])
        target.pid, parent = child, target.pid
        with observed(target) as session:
            snapshot = session.poll(0).snapshot
            assert snapshot.process.pid == child
            assert snapshot.actors
        target.pid = parent
        with observed(target) as session:
            assert session.poll(0).snapshot.process.pid == parent


UNINSTALL = """
import threading
before = {cls: dict(vars(cls)) for cls in (threading.Condition, threading.Event,
          threading.Semaphore, threading.BoundedSemaphore)}
names = threading.Lock, threading._CRLock
import locktrace
for _ in range(3):
    locktrace.install()
    locktrace.install()
    made = threading.Lock(), threading.RLock(), threading.Condition(), threading.Event()
    held = threading.Lock()
    held.acquire()
    locktrace.uninstall()
    locktrace.uninstall()
    assert (threading.Lock, threading._CRLock) == names
    assert {cls: dict(vars(cls)) for cls in before} == before
    held.release()
    for lock in made[:3]:
        with lock:
            pass
    made[3].set()
    assert made[3].wait(1)
print("clean", threading.active_count())
"""


def test_uninstalling_restores_everything_and_locks_made_meanwhile_go_on(python: str) -> None:
    done = subprocess.run(
        [python, "-W", "error", "-c", UNINSTALL],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("clean 1\n", "")


def test_counting_under_a_traced_lock_loses_nothing(python: str) -> None:
    with running("counter", python=python) as target:
        target.expect("counting")
        with observed(target):
            pass
        target.close_input()
        target.expect("right")
