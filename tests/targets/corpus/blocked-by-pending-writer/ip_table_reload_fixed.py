"""The story's end: a look-up releases what it took."""

import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Filter:
    def __init__(self):
        self.ip_table = RWMutex()
        self.blocked = {"192.0.2.66"}

    def allows(self, address):
        self.ip_table.r_lock()
        try:
            return address not in self.blocked
        finally:
            self.ip_table.r_unlock()

    def reload(self, blocked):
        self.ip_table.lock()
        try:
            self.blocked = blocked
        finally:
            self.ip_table.unlock()


table = Filter()


def main():
    for number in range(3):
        table.allows(f"192.0.2.{number}")
    reloader = threading.Thread(target=table.reload, args=(set(),), name="reloader")
    query = threading.Thread(target=table.allows, args=("192.0.2.9",), name="query")
    for thread in (reloader, query):
        thread.start()
    for thread in (reloader, query):
        thread.join()


main()
print("done")
