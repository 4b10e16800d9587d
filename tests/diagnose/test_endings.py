"""What nobody is left to do: wake-ups, forks, exits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.model import Site, ThreadStack

# -- lost-wakeup


def waits_for_work(world, **more):
    world.lock("ready", "Condition").wait("main", age=5, at="get")
    world.see(main=("get",), **more)


def test_the_last_thread_waits_to_be_notified(world):
    waits_for_work(world)
    world.end("producer")
    finding = world.finding("lost-wakeup")
    assert (finding.severity, finding.certainty) == ("error", "holder not found")
    assert finding.message == (
        "main waits for ready in get (work.py:10), for 5.0 s, and nobody can tell it any more: no "
        "other thread is left."
    )


def test_what_hung_already_when_we_came_need_not_hang_for_long_again(world):
    world.lock("ready", "Condition").wait("main", age=1.5, found=True)
    world.see(main=("want",))
    assert "main waits for ready in want (work.py:10), for over 1.5 s" in (
        world.finding("lost-wakeup").message
    )


def test_a_process_without_a_way_on_is_one_finding(world):
    """The main thread waits for a worker's answer, the worker for the next job."""
    world.lock("jobs", "Queue").wait("worker", age=9)
    world.lock("answers", "Queue").wait("MainThread", age=8)
    world.see(worker=("want",), MainThread=("want",))
    finding = world.finding("lost-wakeup")
    assert world.lock_names(finding) == ["answers", "jobs"]


def test_a_future_that_nobody_is_left_to_resolve(world):
    world.lock("reply", "Future").wait("main", age=5)
    world.see(main=("want",))
    assert world.kinds() == ["lost-wakeup"]


def test_all_others_wait_for_ever_too(world):
    world.lock("jobs", "Queue").wait("w1", age=9)
    waits_for_work(world, w1=("want",))
    assert {f.kind for f in world.findings()} == {"lost-wakeup"}
    assert "the other thread waits for ever too" in world.findings()[0].message


def test_a_nested_monitor_is_told_with_the_lock_that_shuts_the_other_out(world):
    world.lock("filled", "Condition").wait("caller", age=9, at="get")
    lock = world.lock("connection").hold("caller", age=9, at="request").wait("receiver", age=8)
    world.see(caller=("get",), receiver=("want",))
    (finding,) = world.findings("lost-wakeup")
    assert lock.id in finding.locks
    assert finding.message.endswith(
        " It looks like a nested monitor lockout: caller holds connection meanwhile, taken in "
        "request (work.py:20), and receiver needs it first."
    )
    assert "stall" not in world.kinds()


def waits_in_a_loop(world, **more):
    """`consumer` waits in the loop of `main`, which sleeps for good."""
    world.lock("items", "asyncio.Queue").wait("consumer", age=5)
    world.actor("main")
    world.see(main=("select",), **more)
    loop = world.actors["main"]
    world.actors["consumer"] = replace(
        world.actors["consumer"], kind="task", native_id=loop.native_id
    )
    world.present = replace(world.present, asleep=frozenset({loop.native_id}))


def test_a_task_whose_event_loop_has_nothing_left_to_wake_it(world):
    waits_in_a_loop(world)
    finding = world.finding("lost-wakeup")
    assert "its event loop has no callback, timer or file left" in finding.message


def test_a_loop_that_a_timer_or_a_connection_may_wake(world):
    waits_in_a_loop(world)
    world.present = replace(world.present, asleep=frozenset())
    assert world.findings() == ()


def test_a_loop_that_another_thread_may_wake(world):
    waits_in_a_loop(world, busy=("compute",))
    assert world.findings() == ()


def test_ctrl_c_of_asyncio_is_no_handler_that_could_tell_it(world):
    waits_in_a_loop(world)
    handler = ("/usr/lib/python3.11/asyncio/runners.py", "Runner._on_sigint")
    world.present = replace(world.present, handlers=frozenset({handler}))
    assert world.kinds() == ["lost-wakeup"]


def test_a_wait_that_began_after_the_look_at_the_threads_says_nothing(world):
    waits_in_a_loop(world)
    world.present = replace(world.present, taken_ns=world.waits[0].since_ns - 1)
    assert world.findings() == ()


def test_somebody_still_works(world):
    waits_for_work(world)
    world.present = replace(
        world.present, threads=(*world.present.threads, ThreadStack(99, "busy", ()))
    )
    assert world.findings() == ()


def test_somebody_gives_up_by_himself(world):
    world.lock("jobs", "Queue").wait("w1", age=9, timed=True)
    waits_for_work(world, w1=("want",))
    assert world.findings() == ()


def test_a_handler_of_a_signal_may_tell_it(world):
    waits_for_work(world)
    world.present = replace(world.present, handlers=frozenset({("/app/main.py", "stop")}))
    assert world.findings() == ()


def test_a_thread_of_which_python_knows_nothing_may_tell_it(world):
    waits_for_work(world)
    world.present = replace(world.present, strangers=True)
    assert world.findings() == ()


def test_another_process_may_tell_it(world):
    world.lock("ready", "multiprocessing.Event").wait("main", age=5)
    world.see(main=("want",))
    assert world.findings() == ()


def test_nobody_has_looked(world):
    world.lock("ready", "Condition").wait("main", age=5)
    assert world.findings() == ()


def test_the_main_thread_that_waits_for_the_others_to_end_tells_nobody(world):
    world.lock("ready", "Condition").wait("worker", age=5)
    main = ThreadStack(1, "MainThread", (Site("/lib/threading.py", 1590, "_shutdown"),))
    world.see(worker=("want",))
    world.present = replace(world.present, threads=(main, *world.present.threads))
    assert world.kinds() == ["lost-wakeup"]


# -- held-across-fork


def test_a_lock_that_a_thread_of_the_parent_held_at_the_fork(world):
    world.forked_age = 2.0
    world.lock("log").hold("writer", age=2.5, at="emit").wait("main", age=1)
    world.end("writer")
    finding = world.finding("held-across-fork")
    assert (finding.severity, finding.certainty) == ("error", "last held by")
    assert finding.message == (
        "log is held in this forked process by writer, which is a thread of the parent and does "
        "not exist here: it had taken the lock in emit (work.py:10) when the fork came, and nobody "
        "can release it; 1 thread waits for it."
    )
    assert world.kinds() == ["held-across-fork"]


def test_nobody_wants_it_yet(world):
    world.forked_age = 2.0
    world.lock("log").hold("writer", age=2.5)
    world.end("writer")
    assert [(f.kind, f.severity) for f in world.findings()] == [("held-across-fork", "warning")]


def test_what_the_forking_thread_holds_it_can_release(world):
    world.forked_age = 2.0
    world.lock("log").hold("main", age=2.5)
    assert world.findings() == ()


def test_a_thread_of_the_child_that_has_ended_is_a_leak(world):
    world.forked_age = 20.0
    world.lock("log").hold("writer", age=5)
    world.end("writer")
    assert world.kinds() == ["leaked-lock"]


# -- held-at-exit, cross-thread-release


@pytest.fixture
def exiting(world):
    world.finished = True
    return world


def test_the_main_thread_ends_with_a_lock(exiting):
    exiting.lock("pidfile").hold("main", at="<module>", age=3)
    exiting.actors["main"] = replace(exiting.actors["main"], native_id=4242)
    finding = exiting.finding("held-at-exit")
    assert finding.severity == "warning"
    assert finding.message == (
        "pidfile was held when the process ended: main took it 3.0 s before in <module> "
        "(work.py:10) and never released it."
    )


def test_a_daemon_thread_is_cut_off(exiting):
    exiting.lock("journal").hold("daemon")
    assert exiting.finding("held-at-exit").severity == "info"


def test_what_is_leaked_is_told_as_a_leak(exiting):
    exiting.lock("journal").hold("main", returned=True)
    assert exiting.kinds() == ["leaked-lock"]


def test_permits_and_pools_are_no_locks_to_be_released(exiting):
    exiting.lock("slots", "Semaphore").hold("daemon")
    exiting.lock("pool", "Executor").hold("daemon")
    assert exiting.findings() == ()


def test_nothing_is_said_while_it_runs(world):
    world.lock("journal").hold("daemon")
    world.lock("baton", foreign_releases=4)
    assert world.findings() == ()


def test_locks_that_others_have_released(exiting):
    exiting.lock("baton", foreign_releases=4)
    finding = exiting.finding("cross-thread-release")
    assert (finding.severity, finding.count) == ("info", 4)
