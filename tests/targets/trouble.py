"""Small pieces of trouble, one by its name on the command line; each says `ready` and begins."""

import asyncio
import os
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

table = threading.Lock()
ready = threading.Condition()
taken = threading.Event()


def start(work, *args):
    thread = threading.Thread(target=work, args=args, name=work.__name__, daemon=True)
    thread.start()
    return thread


def holder():
    with table:
        taken.set()
        time.sleep(600)


def wanting():
    with table:
        pass


def sleep():
    """A lock that others want is held by somebody asleep."""
    start(holder)
    taken.wait()
    wanting()


def nested():
    """To wait for a Condition lets go of the inner lock, and keeps the outer one."""

    def waiter():
        with table, ready:
            taken.set()
            ready.wait()

    def notifier():
        with table, ready:
            ready.notify()

    start(waiter)
    taken.wait()
    start(notifier)
    time.sleep(600)


def lost():
    """The worker that would have notified has ended, and the notification came too early."""

    def worker():
        with ready:
            ready.notify()

    start(worker).join()
    with ready:
        ready.wait()


def forked():
    """A child is forked while another thread holds a lock, and wants it."""
    start(holder)
    taken.wait()
    if os.fork() == 0:
        with table:
            os._exit(0)
    os.wait()


def loop():
    """A coroutine waits for a lock of threads."""

    async def main():
        start(holder)
        taken.wait()
        with table:
            pass

    asyncio.run(main())


def pool():
    """The work of a pool waits for more work of the same pool."""
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pool")

    def outer():
        return executor.submit(os.getpid).result()

    executor.submit(outer).result()


def convoy():
    """Eight threads do nearly all of their work under one lock."""

    def work():
        while True:
            with table:
                time.sleep(0.002)
            time.sleep(0.002)

    for _ in range(8):
        start(work)
    time.sleep(600)


def leave():
    """The main thread ends with a lock, and a daemon is cut off under another one."""
    start(holder)
    taken.wait()
    last.acquire()


last = threading.Lock()


def healthy():
    """Workers take jobs from a queue until they are told to end, and the main thread waits."""
    jobs = queue.Queue()
    results = []

    def worker():
        while (job := jobs.get()) is not None:
            with table:
                results.append(job)

    threads = [start(worker) for _ in range(3)]
    sys.stdin.readline()
    for thread in threads:
        jobs.put(None)
        thread.join()


print("ready", flush=True)
sys.stdin.readline()
globals()[sys.argv[1]]()
