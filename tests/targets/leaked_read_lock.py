"""The story in small: lookups never release the read lock; then a reload wants to write."""

import sys
import threading

import locktrace


class RWMutex:
    """Go's semantics: a pending writer excludes new readers."""

    def __init__(self):
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False
        self._pending = 0

    def r_lock(self):
        with self._changed:
            self._changed.wait_for(lambda: not (self._writing or self._pending))
            self._readers += 1

    def r_unlock(self):
        with self._changed:
            self._readers -= 1
            self._changed.notify_all()

    def lock(self):
        with self._changed:
            self._pending += 1
            self._changed.wait_for(lambda: not (self._writing or self._readers))
            self._pending -= 1
            self._writing = True

    def unlock(self):
        with self._changed:
            self._writing = False
            self._changed.notify_all()


locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Filter:
    def __init__(self):
        self.ip_table = RWMutex()

    def lookup(self, name):
        with locktrace.label(f"query {name}"):
            self.ip_table.r_lock()
            return "192.0.2.1"

    def reload(self):
        self.ip_table.lock()
        self.ip_table.unlock()


def main():
    table = Filter()
    for _ in range(3):
        table.lookup("alpha.example.")
    print("leaked", flush=True)
    sys.stdin.readline()
    threading.Thread(target=table.reload, name="reload", daemon=True).start()
    print("reloading", flush=True)
    sys.stdin.readline()
    for number in range(2):
        name = f"query-{number}"
        threading.Thread(target=table.lookup, args=(name,), name=name, daemon=True).start()
    print("querying", flush=True)
    sys.stdin.readline()


main()
