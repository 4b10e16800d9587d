"""Pages are read under a lock that prefers readers; readers overlap, and an edit never comes in."""
# family: register_rwlock
# unlucky: writer-starvation of Wiki.lock

import itertools
import threading

import locktrace


class ReaderPreferringLock:
    """A reader comes in whenever others read, whoever waits to write."""

    def __init__(self):
        self._no_readers = threading.Condition()
        self._readers = 0

    def acquire_read(self):
        with self._no_readers:
            self._readers += 1

    def release_read(self):
        with self._no_readers:
            self._readers -= 1
            self._no_readers.notify_all()

    def acquire_write(self):
        self._no_readers.acquire()
        self._no_readers.wait_for(lambda: not self._readers)

    def release_write(self):
        self._no_readers.release()


locktrace.register_rwlock(
    ReaderPreferringLock,
    read=("acquire_read", "release_read"),
    write=("acquire_write", "release_write"),
)


class Wiki:
    def __init__(self):
        self.lock = ReaderPreferringLock()
        self.text = "first"

    def view(self, came_in, may_leave):
        self.lock.acquire_read()  # here: holder
        try:
            came_in.set()
            may_leave.wait()
            return self.text
        finally:
            self.lock.release_read()

    def edit(self, text):
        self.lock.acquire_write()  # here: waiter
        try:
            self.text = text
        finally:
            self.lock.release_write()


def visit_for_ever(wiki, somebody_reads):
    """Each visitor leaves when the next one has come in."""
    leave_previous = threading.Event()
    for number in itertools.count():
        came_in, may_leave = threading.Event(), threading.Event()
        visit = threading.Thread(
            target=wiki.view, args=(came_in, may_leave), name=f"visitor-{number}", daemon=True
        )
        visit.start()
        came_in.wait()
        somebody_reads.set()
        leave_previous.set()
        leave_previous = may_leave


def main():
    wiki, somebody_reads = Wiki(), threading.Event()
    threading.Thread(
        target=visit_for_ever, args=(wiki, somebody_reads), name="door", daemon=True
    ).start()
    somebody_reads.wait()
    editor = threading.Thread(target=wiki.edit, args=("second",), name="editor")
    editor.start()
    editor.join()


main()
print("done")
