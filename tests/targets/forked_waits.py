"""A server of two forked workers; in each a thread waits for a lock that another never gives back.

Their pids are printed; the end of the input ends all.
"""

import os
import signal
import sys
import threading
import time

SERVER = os.getpid()


def take(table, taken):
    table.acquire()
    taken.set()
    threading.Event().wait()


def read(table):
    with table:
        pass


def serve():
    table, taken = threading.Lock(), threading.Event()
    threading.Thread(target=take, args=(table, taken), name="writer", daemon=True).start()
    taken.wait()
    threading.Thread(target=read, args=(table,), name="reader").start()


workers = []
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        serve()
        while os.getppid() == SERVER:
            time.sleep(0.1)
        os._exit(1)
    workers.append(pid)
    print(pid, flush=True)
sys.stdin.read()
for pid in workers:
    os.kill(pid, signal.SIGKILL)
