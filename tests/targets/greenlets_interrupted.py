"""A greenlet waits for a lock, and a signal handler switches it out; prints the waits then."""

import os
import signal
import threading

import greenlet

from locktrace.agent.core import choose
from locktrace.agent.primitives import tap

hub = greenlet.getcurrent()


def session():
    with lock:
        pass


def give_way(_number, _frame):
    if greenlet.getcurrent() is not hub:
        hub.switch()


def from_the_deep(steps, look):
    """What `look` returns where the C stack is as deep as the greenlet's was, and deeper."""
    found = []
    sorted([1], key=lambda _: found.append(from_the_deep(steps - 1, look) if steps else look()))
    return found[0]


core = choose(os.environ)
tap.recorder = core.recorder
core.arm()
signal.signal(signal.SIGALRM, give_way)
lock = threading.Lock()
lock.acquire()
waiting = greenlet.greenlet(session)
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)  # again, for the first may come too early
waiting.switch()
while not core.ledger.waits():
    waiting.switch()
signal.setitimer(signal.ITIMER_REAL, 0)
print("switched out:", from_the_deep(50, lambda: len(core.ledger.waits())))
lock.release()
waiting.switch()
print("ended:", waiting.dead, len(core.ledger.waits()), len(core.ledger.holds()))
