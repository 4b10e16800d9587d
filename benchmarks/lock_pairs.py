"""Times statements about locks for as long as there is input; run with the agent on or off.

Each line of input names a statement; the answer is its nanoseconds a round, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
import time
import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from locktrace_demo.instrumentation import label  # registers the demo's RWMutex, if it can
from locktrace_demo.rwmutex import RWMutex

PAIRS = 20_000
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
    "condition wait/notify": "condition.acquire(); condition.wait(0); condition.release()",
    "with semaphore": "with semaphore: pass",
    "queue put/get": "jobs.put(1); jobs.get()",
    "the demo's RWMutex": "rwmutex.r_lock(); rwmutex.r_unlock()",
    "label": "with label('query'): pass",
}
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
CONTENDED = f"{THREADS} threads, one lock"
SUBMITTED = "pool.submit().result()"
JOINED = "thread start/join"
NAMES = [*STATEMENTS, *AWAITED, SUBMITTED, JOINED, CONTENDED]


def contend() -> float:
    """Nanoseconds for each pair, all threads together, under one lock."""

    def work() -> None:
        for _ in range(PAIRS):
            with lock:
                pass

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter_ns() - began) / (PAIRS * THREADS)


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
    return timed(timeit.Timer("pool.submit(int).result()", globals=globals()), PAIRS // 20)()


def joined() -> float:
    """Nanoseconds to start a thread that does nothing, and to await it."""
    statement = "t = threading.Thread(target=int); t.start(); t.join()"
    return timed(timeit.Timer(statement, globals=globals()), PAIRS // 20)()


def timed(timer: timeit.Timer, rounds: int = PAIRS) -> Callable[[], float]:
    """Nanoseconds a round."""
    return lambda: timer.timeit(rounds) / rounds * 1e9


def main() -> None:
    """Answer each line of input."""
    known = {"label": label, **globals()}
    timers: dict[str, Callable[[], float]] = {
        CONTENDED: contend,
        SUBMITTED: submitted,
        JOINED: joined,
        **{name: awaited(source) for name, source in AWAITED.items()},
    }
    for name, statement in STATEMENTS.items():
        timers[name] = timed(timeit.Timer(statement, globals=known))
    for line in sys.stdin:
        print(json.dumps(timers[line.strip()]()), flush=True)


if __name__ == "__main__":
    main()
