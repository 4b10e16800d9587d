"""Greenlets of one thread that build conditions, and end in the order in which they have begun;
prints whether something is built meanwhile, and after."""

import os
import threading

import greenlet

from locktrace.agent.core import choose
from locktrace.agent.primitives import condition, tap
from locktrace.agent.primitives.patches import Patches

main = greenlet.getcurrent()


class GreenLock:
    """Who asks it for a method lets other greenlets run."""

    def __init__(self):
        self._lock = threading.RLock()

    def __getattr__(self, name):
        main.switch()
        return getattr(self._lock, name)


core = choose(os.environ)
tap.recorder = core.recorder
core.arm()
condition.patch(Patches())
builders = [greenlet.greenlet(threading.Condition) for _ in range(3)]
for builder in builders:
    builder.switch(GreenLock())
print("switched out:", core.recorder.building() is not None)
for builder in builders:
    while not builder.dead:
        builder.switch()
print("ended:", core.recorder.building() is not None)
lock = threading.Lock()
print("a part of:", core.ledger.locks()[-1].parent)
