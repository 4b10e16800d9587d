"""The export again: it copies the rows under the lock, and sends them without it."""

import socket
import threading

from readerwriterlock import rwlock


class Table:
    def __init__(self):
        self.lock = rwlock.RWLockWrite()
        self.rows = ["row"] * 1000

    def export(self, client):
        with self.lock.gen_rlock():
            rows = list(self.rows)
        with client:
            for row in rows:
                client.sendall(row.encode())

    def insert(self, row):
        with self.lock.gen_wlock():
            self.rows.append(row)

    def size(self):
        with self.lock.gen_rlock():
            return len(self.rows)


def main():
    ours, theirs = socket.socketpair()
    table = Table()
    threads = [
        threading.Thread(target=table.export, args=(ours,), name="export"),
        threading.Thread(target=table.insert, args=("new",), name="insert"),
        threading.Thread(target=table.size, name="query"),
    ]
    for thread in threads:
        thread.start()
    while theirs.recv(4096):
        pass
    for thread in threads:
        thread.join()


main()
print("done")
