"""What the C core costs in memory, and that nothing of it stays."""

import gc
import os
import threading
import time
from pathlib import Path

from checking import CORE, LEDGER, check, made_here, run, until

from locktrace.agent import _core

LONG_NS = 3000  # shorter holds are only counted
NARROW = 0xFFFF  # so many fit into a narrow count


def resident():
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def drop_many(publish):
    """A million: fifty thousand alive at a time, then one by one; the publisher has its turns."""

    def churn(rounds, at_once):
        for i in range(rounds):
            locks = [threading.Lock() for _ in range(at_once)]
            for lock in locks:
                with lock:
                    pass
            for lock in locks:
                lock.acquire()
            del lock, locks
            if at_once > 1 or i % 1000 == 0:
                publish()

    churn(2, 50_000)
    churn(2000, 1)
    before = resident()
    churn(10, 50_000)
    churn(500_000, 1)
    gc.collect()
    grown = resident() - before
    assert grown < 5_000_000, grown  # of a million
    assert made_here() == []


@check
def a_million_locks_leave_memory_where_it_was():
    CORE.arm()
    drop_many(lambda: None)


@check
def a_million_locks_leave_memory_where_it_was_while_somebody_observes():
    CORE.arm()
    LEDGER.listen(True)

    def publish():
        LEDGER.drain_births()
        LEDGER.drain_events()
        LEDGER.look()

    drop_many(publish)


@check
def a_live_lock_costs_at_most_256_bytes():
    count = 100_000
    plain = [threading.Lock() for _ in range(count)]
    del plain
    before = resident()
    plain = [threading.Lock() for _ in range(count)]
    bare = resident() - before
    del plain
    CORE.arm()
    before = resident()
    traced = [threading.Lock() for _ in range(count)]
    cost = (resident() - before - bare) / count
    assert cost <= 256, cost
    del traced


def hold_for_long(lock):
    with lock:
        until_ns = time.perf_counter_ns() + LONG_NS
        while time.perf_counter_ns() < until_ns:
            pass


@check
def a_lock_that_was_held_for_long_and_waited_for_costs_at_most_256_bytes():
    count = 49_200  # just after the table has grown
    locks = [threading.Lock() for _ in range(count)]

    def hold_each():
        before = resident()
        for lock in locks:
            hold_for_long(lock)
            with lock:
                lock.acquire(timeout=1e-6)
        return resident() - before

    bare = hold_each()
    CORE.arm()
    cost = (hold_each() - bare) / count
    assert cost <= 256, cost


@check
def what_is_counted_very_often_gets_more_room_for_its_counts():
    CORE.arm()
    lock = threading.Lock()

    def totals():
        [row] = [row for row in LEDGER.totals() if row[0] == _core.id_of(lock)]
        return row

    def wait_once():
        with lock:
            lock.acquire(timeout=1e-6)

    wait_once()
    while max(totals()[7][2:]) <= NARROW:
        assert totals()[1] < 20 * NARROW
        for _ in range(NARROW // 10):
            hold_for_long(lock)
    wait_once()
    _, acquired, contended, wait_ns, hold_ns, _, _, holds, waits = totals()
    assert (sum(holds[1:]), sum(waits[1:])) == (acquired, contended)
    assert contended == 2
    assert LONG_NS <= holds[0] <= hold_ns * 1.000001
    assert 0 < waits[0] <= wait_ns * 1.000001


@check
def threads_that_end_leave_nothing():
    CORE.arm()
    lock = threading.Lock()

    def use():
        with lock:
            pass

    def churn(count):
        for _ in range(count):
            thread = threading.Thread(target=use)
            thread.start()
            thread.join()

    churn(300)
    before = resident()
    for ended in range(1000, 6000, 1000):
        churn(1000)
        grown = resident() - before
        if grown < 1000 * ended:
            break  # on a busy machine some were there at once, each with an arena, and that once
    assert grown < 1000 * ended, grown
    until(lambda: len(LEDGER.actors()) < 50)


run()
