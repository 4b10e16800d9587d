"""What the C core costs in memory, and that nothing of it stays or is freed too often."""

import contextlib
import gc
import os
import sys
import threading
import time
from pathlib import Path

from checking import CORE, LEDGER, check, made_here, run, until

from locktrace.agent import _core

LONG_NS = 3000  # shorter holds are only counted


def resident():
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def drop_many(publish):
    """Fifty thousand alive at a time, then one by one; the publisher has its turns."""

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
    churn(3, 50_000)
    churn(150_000, 1)
    gc.collect()
    grown = resident() - before
    assert grown < 5_000_000, grown  # 16 bytes a lock
    assert made_here() == []


@check
def hundred_thousands_of_locks_leave_memory_where_it_was():
    CORE.arm()
    drop_many(lambda: None)


@check
def hundred_thousands_of_locks_leave_memory_where_it_was_while_somebody_observes():
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


@check
def a_lock_that_was_held_for_long_costs_at_most_256_bytes():
    count = 49_200  # just after the table has grown
    locks = [threading.Lock() for _ in range(count)]

    def hold_each():
        before = resident()
        for lock in locks:
            with lock:
                until_ns = time.perf_counter_ns() + LONG_NS
                while time.perf_counter_ns() < until_ns:
                    pass
        return resident() - before

    bare = hold_each()
    CORE.arm()
    cost = (hold_each() - bare) / count
    assert cost <= 256, cost


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
    churn(1000)
    assert resident() - before < 1_000_000, resident() - before
    until(lambda: len(LEDGER.actors()) < 50)


@check
def nothing_is_leaked_or_freed_too_often():
    CORE.arm()
    LEDGER.listen(True)
    text = "label " + str(os.getpid())
    lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
    entry = CORE.recorder.create("Thing", sys._getframe())

    def work():
        _core.relabel(text)
        with lock, rlock, rlock, condition:
            condition.wait(0.0001)
        lock.acquire(True, 0.001)
        lock.acquire(timeout=0.0001)
        lock.release()
        for wrong in (lock.release, rlock.release, lambda: lock.acquire(True, -5)):
            with contextlib.suppress(RuntimeError, ValueError):
                wrong()
        CORE.recorder.acquired(entry, True, sys._getframe())
        hold = CORE.recorder.released(entry, True)
        CORE.recorder.restore(entry, hold)
        CORE.recorder.released(entry, True)
        CORE.recorder.waited(CORE.recorder.waiting(entry, True, False, sys._getframe()))
        for read in (LEDGER.locks, LEDGER.totals, LEDGER.holds, LEDGER.waits, LEDGER.actors,
                     LEDGER.look, LEDGER.drain_events, LEDGER.drain_births,
                     LEDGER.drain_labels):  # fmt: skip
            read()
        _core.stack(1)
        _core.put_label((0, ""))

    def count():
        gc.collect()
        singles = [
            sys.getrefcount(it) for it in (None, True, False, text, work.__code__, lock, entry)
        ]
        return sys.getallocatedblocks(), singles

    for _ in range(50):
        work()
    blocks, singles = count()
    for _ in range(300):
        work()
    blocks_after, singles_after = count()
    assert abs(blocks_after - blocks) < 150, blocks_after - blocks
    drift = [abs(a - b) for a, b in zip(singles_after, singles, strict=True)]
    assert max(drift) < 150, drift


run()
