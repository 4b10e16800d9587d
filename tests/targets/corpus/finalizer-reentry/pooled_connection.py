"""A pool forgets a connection under its lock; the connection's finalizer tells the pool of it."""
# family: threading.Lock
# cores: c py
# unlucky: finalizer-reentry of Pool.lock

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
        with self.lock:  # here: waiter
            self.closed += 1

    def shrink(self):
        with self.lock:  # here: holder
            self.idle.clear()


def main():
    pool = Pool()
    pool.give_back(Connection(pool))
    pool.shrink()


main()
print("done")
