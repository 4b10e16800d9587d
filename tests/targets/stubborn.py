"""Deadlocks with itself in the main thread, having said no to every polite signal."""

import signal
import threading

for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(signum, signal.SIG_IGN)
lock = threading.Lock()


def twice():
    with lock, lock:
        pass


twice()
