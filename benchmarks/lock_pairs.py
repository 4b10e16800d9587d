"""Nanoseconds for each acquire/release pair, as JSON; run with the agent on or off."""

from __future__ import annotations

import json
import queue
import threading
import timeit

PAIRS = 50_000
ROUNDS = 3

lock = threading.Lock()
rlock = threading.RLock()
condition = threading.Condition()
semaphore = threading.Semaphore()
jobs: queue.Queue[int] = queue.Queue()
nested = [threading.Lock() for _ in range(4)]

STATEMENTS = {
    "with lock": "with lock: pass",
    "lock.acquire/release": "lock.acquire(); lock.release()",
    "with rlock": "with rlock: pass",
    "with condition": "with condition: pass",
    "with semaphore": "with semaphore: pass",
    "queue put/get": "jobs.put(1); jobs.get()",
    "4 nested locks": "with nested[0], nested[1], nested[2], nested[3]: pass",
}


def main() -> None:
    """Print {statement: nanoseconds}."""
    found = {
        name: min(timeit.repeat(text, globals=globals(), number=PAIRS, repeat=ROUNDS)) / PAIRS * 1e9
        for name, text in STATEMENTS.items()
    }
    print(json.dumps(found))


main()
