"""Greenlets that wait for conditions in one thread; prints how many waits there are, and after."""

import os
import threading

import greenlet

from locktrace.agent.core import choose
from locktrace.agent.primitives import condition, tap
from locktrace.agent.primitives.patches import Patches

main = greenlet.getcurrent()


class GreenLock:
    """Who waits for it lets other greenlets run, as gevent's do."""

    def __init__(self):
        self.taken = False

    def acquire(self, blocking=True, timeout=-1):
        while self.taken and blocking:
            main.switch()
        got, self.taken = not self.taken, True
        return got

    def release(self):
        self.taken = False

    __enter__ = acquire

    def __exit__(self, *_):
        self.release()


threading._allocate_lock = GreenLock  # what `gevent.monkey` does
core = choose(os.environ)
tap.recorder = core.recorder
core.arm()
condition.patch(Patches())
conditions = [threading.Condition() for _ in range(3)]


def session(changed, depth):
    if depth:
        session(changed, depth - 1)
        return
    with changed:
        changed.wait()


def notify(changed):
    with changed:
        changed.notify()


# The second is as deep in the C stack as the first, and the third is deeper.
workers = [greenlet.greenlet(session) for _ in conditions]
for worker, changed, depth in zip(workers, conditions, (0, 0, 5), strict=True):
    worker.switch(changed, depth)
print("switched out:", len(core.ledger.waits()))
for changed in conditions:
    notify(changed)
for worker in workers:
    worker.switch()
print("ended:", len(core.ledger.waits()), sum(row[2] for row in core.ledger.totals()))
