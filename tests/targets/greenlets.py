"""A greenlet takes a lock and is switched out; prints the holds, and how many are left behind."""

import os
import threading

import greenlet

from locktrace.agent.core import choose
from locktrace.agent.primitives import tap

core = choose(os.environ)
tap.recorder = core.recorder
core.arm()
lock = threading.Lock()
main = greenlet.getcurrent()


def session():
    lock.acquire()
    main.switch()
    lock.release()


def look():
    return len(core.ledger.holds()), len(core.ledger.look(settled_ns=0).returned)


worker = greenlet.greenlet(session)
worker.switch()
print("switched out:", *look())
worker.switch()
print("ended:", *look())
