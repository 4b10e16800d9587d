from __future__ import annotations

KIND = "executor-starvation"


def pool_of(world, *workers):
    return world.lock("pool", "Executor").read(*workers, at="run")


def future(world, name, waiter, age=2.0, runs=None):
    told = world.lock(name, "Future", inside="pool")
    if runs:
        told.hold(runs, at="run")
    return told.wait(waiter, age=age, at="result")


def test_the_only_worker_waits_for_what_is_queued_behind_it(world):
    pool_of(world, "worker-0")
    future(world, "inner", "worker-0")
    finding = world.finding(KIND)
    assert finding.severity == "error"
    assert finding.message == (
        "The pool pool waits for itself: its only worker waits, worker-0 for inner in result "
        "(work.py:20), and what would end that is still queued in this pool, where nobody is left "
        "to run it."
    )
    assert world.kinds() == [KIND]


def test_all_of_several_workers_and_those_who_wait_for_them(world):
    pool_of(world, "w0", "w1")
    future(world, "a", "w0")
    future(world, "b", "w1")
    future(world, "outer", "main", runs="w0")
    finding = world.finding(KIND)
    assert "both busy workers wait" in finding.message
    assert finding.count == 2


def test_one_worker_who_still_works_is_enough(world):
    pool_of(world, "w0", "w1")
    future(world, "a", "w0")
    assert world.findings() == ()


def test_a_worker_who_waits_for_what_another_one_runs_is_no_starvation(world):
    pool_of(world, "w0", "w1")
    future(world, "a", "w0", runs="w1")
    assert world.findings() == ()


def test_a_worker_who_waits_for_a_lock_that_a_free_thread_holds(world):
    pool_of(world, "w0", "w1")
    future(world, "a", "w0")
    world.lock("table").hold("main").wait("w1", age=2)
    assert world.findings(KIND) == ()


def test_a_worker_who_waits_for_a_lock_of_one_who_waits_for_the_pool(world):
    pool_of(world, "w0")
    world.lock("table").hold("main", at="submit").wait("w0", age=2)
    future(world, "a", "main")
    assert world.kinds() == [KIND]


def test_timed_waits_give_up_by_themselves(world):
    pool_of(world, "w0")
    world.lock("inner", "Future", inside="pool").wait("w0", age=2, timed=True)
    assert world.findings() == ()


def test_a_thread_that_is_joined_while_it_waits_for_the_joiner(world):
    world.lock("worker", "Thread").hold("worker").wait("main", age=2, at="join")
    world.lock("table").hold("main").wait("worker", age=2)
    assert world.kinds() == ["deadlock", "held-while-blocking"] or world.kinds() == ["deadlock"]


def test_a_thread_may_be_joined_and_a_result_awaited_for_hours(world):
    world.lock("worker", "Thread").hold("worker", age=7200).wait("main", age=7000)
    pool_of(world, "w0")
    world.lock("job", "Future", inside="pool").hold("w0", age=7200).wait("other", age=7000)
    assert world.findings() == ()
