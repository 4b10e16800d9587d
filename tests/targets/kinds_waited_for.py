"""A thread for each kind of lock waits for it: the main thread holds them and tells nobody."""

import queue
import sys
import threading

lock, rlock = threading.Lock(), threading.RLock()
condition, semaphore = threading.Condition(), threading.Semaphore(0)
event, jobs = threading.Event(), queue.Queue()


def wait_for_condition():
    with condition:
        condition.wait()


WAITS = [lock.acquire, rlock.acquire, wait_for_condition, semaphore.acquire, event.wait, jobs.get]
lock.acquire()
rlock.acquire()
for number, wait in enumerate(WAITS):
    threading.Thread(target=wait, name=f"waiter-{number}", daemon=True).start()
print(len(WAITS), flush=True)
sys.stdin.read()
