"""Forks a child that works with locks and one that leaves by os._exit; prints how each ended."""

import os
import sys
import threading
import warnings

warnings.simplefilter("always")
lock = threading.Lock()


def child(leave):
    with lock:
        pass
    leave(7)


print("threads", threading.active_count(), flush=True)
with lock:
    pass
for leave in (sys.exit, os._exit):
    pid = os.fork()
    if pid == 0:
        child(leave)
    _, status = os.waitpid(pid, 0)
    print("child", os.waitstatus_to_exitcode(status), flush=True)
pid = os.fork()
if pid == 0:
    print("here", os.getpid(), flush=True)
    sys.stdin.readline()
    os._exit(0)
os.waitpid(pid, 0)
with lock:
    print("parent", flush=True)
