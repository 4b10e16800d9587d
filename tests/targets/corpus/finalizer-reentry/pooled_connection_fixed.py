"""The pool again: what it forgets outlives the lock, and is finalized without it."""

import threading


class Connection:
    def __init__(self, pool):
        self.pool = pool

    def __del__(self):
        self.pool.closed_one()


class Pool:
    def __init__(self):
        self.lock = threading.Lock()
        self.idle = []
        self.closed = 0

    def give_back(self, connection):
        with self.lock:
            self.idle.append(connection)

    def closed_one(self):
        with self.lock:
            self.closed += 1

    def shrink(self):
        with self.lock:
            forgotten, self.idle = self.idle, []
        forgotten.clear()


def main():
    pool = Pool()
    pool.give_back(Connection(pool))
    pool.shrink()
    assert pool.closed == 1


main()
print("done")
