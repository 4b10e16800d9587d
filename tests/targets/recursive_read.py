"""A reader reads again what he is reading: no writer comes, so it goes well."""

import sys
import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Registry:
    def __init__(self):
        self.table = RWMutex()

    def names(self):
        self.table.r_lock()
        try:
            return [self.one(n) for n in range(2)]
        finally:
            self.table.r_unlock()

    def one(self, n):
        self.table.r_lock()
        try:
            return str(n)
        finally:
            self.table.r_unlock()


registry = Registry()
print("ready", flush=True)
sys.stdin.readline()
work = registry.names if "--twice" in sys.argv else lambda: registry.one(1) + registry.one(2)
thread = threading.Thread(target=work, name="reader")
thread.start()
thread.join()
print("done", flush=True)
sys.stdin.readline()
