"""A finalizer, or a signal handler, wants the lock that the function it interrupts holds."""

import os
import signal
import sys
import threading
import weakref


class Pool:
    def __init__(self):
        self.lock = threading.Lock()
        self.free = []

    def give_back(self, number):
        with self.lock:
            self.free.append(number)

    def tidy(self, victim):
        with self.lock:
            victim.clear()

    def reload(self):
        with self.lock:
            os.kill(os.getpid(), signal.SIGUSR1)
            for _ in range(1000):
                pass


class Connection:
    def __del__(self):
        pool.give_back(1)


class Plain:
    pass


def on_signal(number, frame):
    pool.give_back(number)


pool = Pool()
print("ready", flush=True)
what = sys.stdin.readline().strip()
if what == "finalizer":
    pool.tidy([Connection()])
elif what == "weakref":
    plain = Plain()
    weakref.finalize(plain, pool.give_back, 2)
    victims = [plain]
    del plain
    pool.tidy(victims)
elif what == "signal":
    signal.signal(signal.SIGUSR1, on_signal)
    pool.reload()
