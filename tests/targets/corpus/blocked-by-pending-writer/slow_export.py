"""An export reads a table while its client reads nothing; a writer waits, and queries behind it."""
# family: readerwriterlock
# needs: readerwriterlock
# unlucky: blocked-by-pending-writer of Table.lock

import socket
import threading

from readerwriterlock import rwlock


class Table:
    def __init__(self):
        self.lock = rwlock.RWLockWrite()
        self.rows = ["row"] * 1000

    def export(self, client):
        with self.lock.gen_rlock():  # here: holder
            for row in self.rows * 1000:
                client.sendall(row.encode())

    def insert(self, row):
        with self.lock.gen_wlock():  # here: waiter
            self.rows.append(row)

    def size(self):
        with self.lock.gen_rlock():  # here: waiter
            return len(self.rows)


def main():
    ours, theirs = socket.socketpair()
    table = Table()
    export = threading.Thread(target=table.export, args=(ours,), name="export")
    export.start()
    theirs.recv(1)  # the export has begun, and its client reads no more
    insert = threading.Thread(target=table.insert, args=("new",), name="insert")
    insert.start()
    while not refuses_readers(table.lock):
        pass
    query = threading.Thread(target=table.size, name="query")
    query.start()
    query.join()


def refuses_readers(lock):
    """Whether a writer waits, as a writer-preferring lock then lets nobody read."""
    reading = lock.gen_rlock()
    if reading.acquire(blocking=False):
        reading.release()
        return False
    return True


main()
print("done")
