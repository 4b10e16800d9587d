"""The server again: its lock is taken around each fork, and made anew in the child."""

import os
import threading


class Cache:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = {}
        os.register_at_fork(
            before=self.lock.acquire,
            after_in_parent=self.lock.release,
            after_in_child=self.renew,
        )

    def renew(self):
        self.lock = threading.Lock()

    def fill(self, filling):
        with self.lock:
            filling.set()
            self.entries["a"] = 1

    def get(self, name):
        with self.lock:
            return self.entries.get(name)


def main():
    cache, filling = Cache(), threading.Event()
    filler = threading.Thread(target=cache.fill, args=(filling,), name="filler")
    filler.start()
    filling.wait()
    child = os.fork()
    if child == 0:
        os._exit(0 if cache.get("a") == 1 else 1)
    _, status = os.waitpid(child, 0)
    filler.join()
    assert status == 0


main()
print("done")
