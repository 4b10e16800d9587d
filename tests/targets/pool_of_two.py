"""Two workers are busy, two items are queued, and threads wait for results in every way."""

import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait

told = threading.Event()


def work():
    told.wait()
    return 42


def one(futures):
    futures[0].result()


def all_of_them(futures):
    wait(futures)


def first_of_them(futures):
    wait(futures, return_when=FIRST_COMPLETED, timeout=600)


def each(futures):
    list(as_completed(futures))


def main():
    pool = ThreadPoolExecutor(2, thread_name_prefix="worker")
    futures = [pool.submit(work) for _ in range(4)]
    waiters = [
        threading.Thread(target=target, name=target.__name__, args=(futures,))
        for target in (one, all_of_them, first_of_them, each)
    ]
    for waiter in waiters:
        waiter.start()
    print("ready", flush=True)
    sys.stdin.readline()
    told.set()
    for waiter in waiters:
        waiter.join()
    print("done", *(future.result() for future in futures), flush=True)
    sys.stdin.readline()
    pool.shutdown()


main()
