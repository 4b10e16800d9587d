"""Hangs on a lock for good; the first argument says where, and what it does against being ended."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import threading

lock = threading.Lock()


def hang():
    with lock, lock:
        pass


def catch(*_):
    print("not now", flush=True)


def at_exit():
    atexit.register(hang)


def at_shutdown():
    threading.Thread(target=hang, name="worker").start()


def catching_signals():
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, catch)
    threading.Thread(target=hang, name="worker").start()
    while True:
        signal.pause()


def in_a_child():
    child = multiprocessing.get_context("fork").Process(target=hang)
    child.start()
    print(child.pid, flush=True)
    child.join()


def in_a_subprocess():
    child = subprocess.Popen([sys.executable, __file__, "hang"])
    print(child.pid, flush=True)
    child.wait()


class Late:
    def __del__(self):
        os.read(reader, 1)  # nobody ever writes


def after_the_goodbye():
    global late
    late = Late()


reader, writer = os.pipe()
globals()[sys.argv[1]]()
