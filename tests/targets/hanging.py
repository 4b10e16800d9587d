"""Hangs on a lock for good; the first argument says where, and what it does against being ended."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

lock = threading.Lock()


def hang():
    tell_when()
    with lock, lock:
        pass


def tell_when():
    """Into the file that HANGS_SINCE names, by a clock that all processes share."""
    if path := os.environ.get("HANGS_SINCE"):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, b"%f\n" % time.monotonic())
        os.close(file)


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
    while True:  # who is just about to wait is not woken by a signal
        time.sleep(0.05)


def ignoring_signals():
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    hang()


def with_a_full_stderr():
    os.set_blocking(2, False)
    try:
        while True:
            os.write(2, b"x" * 512)
    except BlockingIOError:
        os.set_blocking(2, True)
    hang()


def in_a_stopped_child():
    """The child is stopped while it holds the lock that the parent wants."""
    fork = multiprocessing.get_context("fork")
    shared = fork.Lock()
    child = fork.Process(target=stop_with, args=(shared,))
    child.start()
    print(child.pid, flush=True)
    os.waitpid(child.pid, os.WUNTRACED)
    tell_when()
    shared.acquire()


def stop_with(shared):
    with shared:
        os.kill(os.getpid(), signal.SIGSTOP)


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
        tell_when()
        os.read(reader, 1)  # nobody ever writes


def after_the_goodbye():
    global late
    late = Late()


reader, writer = os.pipe()
globals()[sys.argv[1]]()
