"""A DNS zone is read under a read lock; when a name is missing, the same thread wants to write."""
# family: register_rwlock
# unlucky: self-deadlock of Zone.guard

import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Zone:
    def __init__(self):
        self.guard = RWMutex()
        self.records = {"www": "192.0.2.1"}

    def lookup(self, name):
        self.guard.r_lock()  # here: holder
        try:
            if name not in self.records:
                self.add(name, "192.0.2.2")
            return self.records[name]
        finally:
            self.guard.r_unlock()

    def add(self, name, address):
        self.guard.lock()  # here: waiter
        try:
            self.records[name] = address
        finally:
            self.guard.unlock()


def main():
    zone = Zone()
    query = threading.Thread(target=zone.lookup, args=("mail",), name="query")
    query.start()
    query.join()


main()
print("done")
