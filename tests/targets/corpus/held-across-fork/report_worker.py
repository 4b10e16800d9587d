"""A server forks a worker while another thread of it holds the lock of the cache."""
# family: threading.Lock
# cores: c py
# unlucky: held-across-fork of Cache.lock
# lucky: held-across-fork of Cache.lock

import os
import sys
import threading


class Cache:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = {}

    def fill(self, filling, go_on):
        with self.lock:  # here: holder
            filling.set()
            go_on.wait()
            self.entries["a"] = 1

    def get(self, name):
        with self.lock:  # here: unlucky waiter
            return self.entries.get(name)


def main(lucky):
    cache, filling, go_on = Cache(), threading.Event(), threading.Event()
    filler = threading.Thread(target=cache.fill, args=(filling, go_on), name="filler")
    filler.start()
    filling.wait()
    child = os.fork()
    if child == 0:
        if not lucky:
            cache.get("a")
        return
    go_on.set()
    os.waitpid(child, 0)
    filler.join()


main("lucky" in sys.argv)
print("done")
