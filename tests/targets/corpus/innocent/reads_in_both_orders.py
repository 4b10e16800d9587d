"""Two tables are read in both orders: readers do not exclude each other, and nobody writes."""

import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Table:
    def __init__(self):
        self.lock = RWMutex()


def join_tables(left, right, both_read):
    left.lock.r_lock()
    both_read.wait()
    right.lock.r_lock()
    right.lock.r_unlock()
    left.lock.r_unlock()


users, orders, both_read = Table(), Table(), threading.Barrier(2)
threads = [
    threading.Thread(target=join_tables, args=(*pair, both_read))
    for pair in ((users, orders), (orders, users))
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
