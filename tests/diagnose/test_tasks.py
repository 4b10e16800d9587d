"""Tasks that await tasks: rings through them, and what is none."""

from __future__ import annotations


def test_a_task_that_awaits_one_who_wants_its_lock(world):
    world.lock("lock", "asyncio.Lock").hold("close", at="close").wait("total", at="total")
    world.lock("total", "asyncio.Task").hold("total").wait("close", at="await_it")
    finding = world.finding("deadlock")
    assert finding.severity == "error"
    assert "total, which has to end first, waits for lock in total (work.py:20)" in finding.message
    assert "close holds lock, taken in close" in finding.message
    assert "waits for total in await_it" in finding.message
    assert world.kinds() == ["deadlock"]


def test_of_tasks_that_are_awaited_together_one_that_goes_on_may_end_it(world):
    crew = world.lock("a and 1 more task", "asyncio.Tasks").read("a", "b").wait("main")
    world.lock("lock", "asyncio.Lock").hold("main").wait("a")
    assert world.kinds() == ["stall"]  # b may fail, and main then releases the lock
    world.lock("other", "asyncio.Lock").hold("main").wait("b")
    finding = world.finding("deadlock")
    assert crew.id in finding.locks
    assert finding.count == 3


def test_a_wait_that_has_a_time_out_is_no_deadlock(world):
    world.lock("lock", "asyncio.Lock").hold("close").wait("total", timed=True)
    world.lock("total", "asyncio.Task").hold("total").wait("close")
    assert not set(world.kinds()) & {"deadlock", "self-deadlock"}


def test_to_await_others_for_long_is_nothing_to_be_told(world):
    world.lock("server", "asyncio.Task").hold("server", age=500).wait("main", age=500)
    world.lock("a and b", "asyncio.Tasks").read("a", "b", age=500).wait("server", age=500)
    assert world.findings() == ()


def test_a_task_that_awaits_a_pools_work_blocks_no_loop(world):
    world.lock("answer", "Future").hold("pool_0").wait("main", age=60)
    world.task("main")
    assert world.findings() == ()
