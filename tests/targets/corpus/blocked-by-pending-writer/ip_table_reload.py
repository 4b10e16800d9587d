"""The story: look-ups never release their read lock; a reload waits for them, queries for it."""
# family: register_rwlock
# cores: c py
# unlucky: blocked-by-pending-writer of Filter.ip_table
# lucky: leaked-lock of Filter.ip_table

import sys
import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(
    RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"), try_read="try_r_lock"
)


class Filter:
    def __init__(self):
        self.ip_table = RWMutex()
        self.blocked = {"192.0.2.66"}

    def allows(self, address):
        self.ip_table.r_lock()  # here: holder, unlucky waiter
        return address not in self.blocked

    def reload(self, blocked):
        self.ip_table.lock()  # here: unlucky waiter
        self.blocked = blocked
        self.ip_table.unlock()


def pending(rwmutex):
    """Whether a writer waits: the lock then refuses to be read."""
    if rwmutex.try_r_lock():
        rwmutex.r_unlock()
        return False
    return True


table = Filter()


def main(lucky):
    for number in range(3):
        table.allows(f"192.0.2.{number}")
    if lucky:
        return
    reloader = threading.Thread(target=table.reload, args=(set(),), name="reloader")
    reloader.start()
    while not pending(table.ip_table):
        pass
    query = threading.Thread(target=table.allows, args=("192.0.2.9",), name="query")
    query.start()
    query.join()


main("lucky" in sys.argv)
print("done")
