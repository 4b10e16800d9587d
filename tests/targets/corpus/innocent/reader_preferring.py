"""A recursive read, and a writer that comes between: harmless, as this lock lets readers in."""

import threading

import locktrace


class ReaderPreferringLock:
    """A reader comes in whenever nobody writes, whoever waits to write."""

    def __init__(self):
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False
        self.writers_waiting = 0

    def acquire_read(self):
        with self._changed:
            self._changed.wait_for(lambda: not self._writing)
            self._readers += 1

    def release_read(self):
        with self._changed:
            self._readers -= 1
            self._changed.notify_all()

    def acquire_write(self):
        with self._changed:
            self.writers_waiting += 1
            self._changed.wait_for(lambda: not (self._writing or self._readers))
            self.writers_waiting -= 1
            self._writing = True

    def release_write(self):
        with self._changed:
            self._writing = False
            self._changed.notify_all()


locktrace.register_rwlock(
    ReaderPreferringLock,
    read=("acquire_read", "release_read"),
    write=("acquire_write", "release_write"),
)
lock, reading = ReaderPreferringLock(), threading.Event()


def read_twice():
    lock.acquire_read()
    reading.set()
    while not lock.writers_waiting:
        pass
    for _ in range(500):
        lock.acquire_read()
        lock.release_read()
    lock.release_read()


def write():
    reading.wait()
    lock.acquire_write()
    lock.release_write()


threads = [threading.Thread(target=work, name=work.__name__) for work in (read_twice, write)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
