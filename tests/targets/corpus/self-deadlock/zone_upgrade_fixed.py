"""The zone again: the read ends before the write begins, and the write looks once more."""

import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Zone:
    def __init__(self):
        self.guard = RWMutex()
        self.records = {"www": "192.0.2.1"}

    def lookup(self, name):
        self.guard.r_lock()
        try:
            known = self.records.get(name)
        finally:
            self.guard.r_unlock()
        return known or self.add(name, "192.0.2.2")

    def add(self, name, address):
        self.guard.lock()
        try:
            return self.records.setdefault(name, address)
        finally:
            self.guard.unlock()


def main():
    zone = Zone()
    queries = [threading.Thread(target=zone.lookup, args=("mail",)) for _ in range(3)]
    for query in queries:
        query.start()
    for query in queries:
        query.join()


main()
print("done")
