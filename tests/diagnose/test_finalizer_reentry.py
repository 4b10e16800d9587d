from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.diagnose import Thresholds
from locktrace.model import Present, Site, ThreadStack
from tests.support import observed, running, until

KIND = "finalizer-reentry"
TIDY = Site("/app/work.py", 12, "tidy")


def stuck_in(world, *functions, handlers=()):
    """t1 took the lock in `tidy` and waits for it at the end of a stack of `functions`."""
    lock = world.lock("pool").hold("t1", at="tidy").wait("t1", at=functions[0], age=1.5)
    outward = [Site("/app/work.py", 100 + n, f) for n, f in enumerate(functions[1:])]
    wait = world.waits[-1]
    world.waits[-1] = replace(wait, stack=(wait.stack[0], *outward, TIDY))
    world.present = Present(1, (), frozenset(("/app/work.py", name) for name in handlers))
    return lock


def test_a_finalizer_that_runs_on_top_of_the_function_that_holds(world):
    stuck_in(world, "give_back", "Connection.__del__")
    finding = world.finding(KIND)
    assert (finding.severity, finding.certainty) == ("error", "held by")
    assert finding.message == (
        "t1 waits for pool in give_back (work.py:20), called from Connection.__del__ "
        "(work.py:100): a finalizer that ran in the middle of tidy (work.py:12); the interrupted "
        "frame holds the lock, taken 5.0 s ago in tidy (work.py:10), and cannot go on before the "
        "other has returned."
    )
    assert ("interrupted", "tidy") in world.roles(finding)
    assert world.kinds() == [KIND]


def test_a_signal_handler_that_the_program_has_installed(world):
    stuck_in(world, "on_term", handlers=["on_term"])
    assert "in on_term (work.py:20): a signal handler that ran in the middle of" in (
        world.finding(KIND).message
    )


def test_a_function_that_is_merely_called_is_a_self_deadlock_like_any_other(world):
    stuck_in(world, "total")
    world.waits[-1] = replace(world.waits[-1], since_ns=world.holds[0].since_ns)
    assert world.kinds() == ["self-deadlock"]


def test_a_finalizer_under_the_function_that_holds_has_interrupted_nothing(world):
    stuck_in(world, "give_back")
    wait = world.waits[-1]
    outer = Site("/app/work.py", 200, "Connection.__del__")
    world.waits[-1] = replace(wait, stack=(*wait.stack, outer), since_ns=world.holds[0].since_ns)
    assert world.kinds() == ["self-deadlock"]


def test_a_handler_on_top_of_the_wait_has_interrupted_the_wait(world):
    stuck_in(world, "total")
    wait = world.waits[-1] = replace(world.waits[-1], since_ns=world.holds[0].since_ns)
    now = (Site("/app/work.py", 300, "on_alarm"), *wait.stack)
    thread = ThreadStack(world.actors["t1"].native_id, "t1", now)
    world.present = Present(1, (thread,), frozenset({("/app/work.py", "on_alarm")}))
    assert world.kinds() == ["self-deadlock"]


def test_another_thread_that_holds_is_no_reentry(world):
    world.lock("pool").hold("t2").wait("t1", at="Connection.__del__")
    assert world.findings(KIND) == ()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("finalizer", "called from Connection.__del__"),
        ("weakref", "a callback of weakref that ran in the middle of Pool.tidy"),
        ("signal", "called from on_signal"),
    ],
)
def test_a_program_that_hangs_by_it(python: str, what: str, words: str) -> None:
    with running("reentry", python=python) as target:
        target.expect("ready")
        with observed(target, Thresholds()) as session:
            target.tell(what)
            view = until(session, lambda v: any(f.kind == KIND for f in v.findings), KIND)
    [finding] = view.findings
    assert words in finding.message
    assert "the interrupted frame holds the lock" in finding.message
    assert view.stalls
