"""Times statements about locks for as long as there is input; run with the agent on or off.

Each line of input names a statement; the answer is its nanoseconds a round, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import sys
import threading
import time
import timeit
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from locktrace_demo.instrumentation import label  # registers the demo's RWMutex, if it can
from locktrace_demo.rwmutex import RWMutex

PAIRS = int(os.environ.get("BENCHMARK_PAIRS", "500"))
THREADS = 4

lock = threading.Lock()
rlock = threading.RLock()
condition = threading.Condition()
semaphore = threading.Semaphore()
jobs: queue.Queue[int] = queue.Queue()
nested = [threading.Lock() for _ in range(4)]
rwmutex = RWMutex()
pool = ThreadPoolExecutor(1)

STATEMENTS = {
    "with lock": "with lock: pass",
    "lock.acquire/release": "lock.acquire(); lock.release()",
    "with rlock": "with rlock: pass",
    "4 nested locks": "with nested[0], nested[1], nested[2], nested[3]: pass",
    "with condition": "with condition: pass",
    "condition.wait(0)": "condition.acquire(); condition.wait(0); condition.release()",
    "with semaphore": "with semaphore: pass",
    "queue put/get": "jobs.put(1); jobs.get()",
    "the demo's RWMutex": "rwmutex.r_lock(); rwmutex.r_unlock()",
    "label": "with label('query'): pass",
}
WARM = ("with lock", "lock.acquire/release", "with rlock")
"""Timed ten times as long: after another process's turn the first hundreds find cold caches."""

AWAITED = {
    "async with asyncio.Lock": """
async def rounds(number):
    for _ in range(number):
        async with lock: pass
""",
    "asyncio.Queue put/get": """
async def rounds(number):
    for _ in range(number):
        await jobs.put(1); await jobs.get()
""",
}
HANDED_OVER = "condition wait/notify"
CONTENDED = f"{THREADS} threads, one lock"
CONTENDED_READS = f"{CONTENDED} held for a read"
SUBMITTED = "pool.submit().result()"
JOINED = "thread start/join"
NAMES = [*STATEMENTS, *AWAITED, HANDED_OVER, SUBMITTED, JOINED, CONTENDED, CONTENDED_READS]


def hold_for_nothing(rounds: int) -> None:
    """Waits only when the interpreter happens to switch within the block."""
    for _ in range(rounds):
        with lock:
            pass


def hold_for_a_read(rounds: int) -> None:
    """Lets go of the interpreter within the block, so that the others really wait."""
    with Path("/dev/zero").open("rb", buffering=0) as zeros:
        for _ in range(rounds):
            with lock:
                zeros.read(1024)


def together(calls: Sequence[Callable[[], object]]) -> float:
    """Nanoseconds until all calls have returned, each in a thread of its own."""
    ready = threading.Barrier(len(calls))
    times: list[int] = []

    def run(call: Callable[[], object]) -> None:
        ready.wait()
        times.append(time.perf_counter_ns())
        call()
        times.append(time.perf_counter_ns())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(times) - min(times)


def contend(hold: Callable[[int], None], rounds: int) -> float:
    """Nanoseconds for each round of `hold`, all threads together, under one lock."""
    return together([partial(hold, rounds)] * THREADS) / (rounds * THREADS)


def handed_over(rounds: int) -> float:
    """Nanoseconds for each turn of two threads that wait for each other's word."""
    turn = 0

    def play(me: int) -> None:
        nonlocal turn
        for _ in range(rounds):
            with condition:
                while turn != me:
                    condition.wait()
                turn = 1 - me
                condition.notify()

    return together([partial(play, 0), partial(play, 1)]) / (rounds * 2)


def awaited(source: str) -> Callable[[], float]:
    """Nanoseconds a round of what an event loop runs."""
    names: dict[str, Any] = {}
    exec(source, names)

    async def measure() -> float:
        names.update(lock=asyncio.Lock(), jobs=asyncio.Queue())
        began = time.perf_counter_ns()
        await names["rounds"](PAIRS)
        return (time.perf_counter_ns() - began) / PAIRS

    return lambda: asyncio.run(measure())


def submitted() -> float:
    """Nanoseconds from a submission to its result."""
    return timed(timeit.Timer("pool.submit(int).result()", globals=globals()), PAIRS // 5)()


def joined() -> float:
    """Nanoseconds to start a thread that does nothing, and to await it."""
    statement = "t = threading.Thread(target=int); t.start(); t.join()"
    return timed(timeit.Timer(statement, globals=globals()), PAIRS // 5)()


def timed(timer: timeit.Timer, rounds: int = PAIRS) -> Callable[[], float]:
    """Nanoseconds a round."""
    return lambda: timer.timeit(rounds) / rounds * 1e9


def main() -> None:
    """Answer each line of input."""
    known = {"label": label, **globals()}
    timers: dict[str, Callable[[], float]] = {
        HANDED_OVER: partial(handed_over, PAIRS // 2),
        CONTENDED: partial(contend, hold_for_nothing, PAIRS * 20),
        CONTENDED_READS: partial(contend, hold_for_a_read, PAIRS),
        SUBMITTED: submitted,
        JOINED: joined,
        **{name: awaited(source) for name, source in AWAITED.items()},
    }
    for name, statement in STATEMENTS.items():
        rounds = PAIRS * (10 if name in WARM else 1)
        timers[name] = timed(timeit.Timer(statement, globals=known), rounds)
    for line in sys.stdin:
        print(json.dumps(timers[line.strip()]()), flush=True)


if __name__ == "__main__":
    main()
