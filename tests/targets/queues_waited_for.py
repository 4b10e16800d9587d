"""A thread waits in each way that there is to wait for a queue; then each gets what it wants."""

import queue
import sys
import threading

jobs = queue.Queue()
full = queue.LifoQueue(maxsize=1)
unfinished = queue.PriorityQueue()
simple = queue.SimpleQueue()


def get():
    jobs.get()


def put():
    full.put(2)


def join():
    unfinished.join()


def get_simple():
    simple.get(timeout=600)


def main():
    full.put(1)
    unfinished.put(1)
    threads = [
        threading.Thread(target=target, name=target.__name__)
        for target in (get, put, join, get_simple)
    ]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    jobs.put(1)
    full.get()
    unfinished.task_done()
    simple.put(1)
    for thread in threads:
        thread.join()
    print("done", jobs.qsize(), full.qsize(), simple.qsize(), flush=True)
    sys.stdin.readline()


main()
