"""A process to attach to: so many threads that wait for each other, one that watches the clock.

Each line of input is answered by the longest gap, in ns, that the watcher has seen since the last:
it does nothing but look at the clock, so a gap is a time in which it did not run.
"""

from __future__ import annotations

import sys
import threading
import time


class Watcher:
    """Looks at the clock without pause."""

    def __init__(self) -> None:
        self.longest = 0

    def watch(self) -> None:
        last = time.monotonic_ns()
        while True:
            now = time.monotonic_ns()
            self.longest = max(self.longest, now - last)
            last = now


def take(first: threading.Lock, second: threading.Lock, both: threading.Barrier) -> None:
    with first:
        both.wait()
        with second:
            pass


def main() -> None:
    threads, watched = int(sys.argv[1]), sys.argv[2] == "watched"
    one, two, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
    targets = [(one, two, both), (two, one, both)]
    for target in targets:
        threading.Thread(target=take, args=target, daemon=True).start()
    for _ in range(threads - 2):
        threading.Thread(target=one.acquire, daemon=True).start()
    watcher = Watcher()
    if watched:
        threading.Thread(target=watcher.watch, daemon=True).start()
    print("ready", flush=True)
    for _ in sys.stdin:
        longest, watcher.longest = watcher.longest, 0
        print(longest, flush=True)


main()
