"""A journal takes its lock, then that of its file, which somebody else keeps: stuck in a C call."""
# family: threading.RLock
# unlucky: stall of Journal.lock

import fcntl
import tempfile
import threading
from pathlib import Path


class Journal:
    def __init__(self, path):
        self.lock = threading.RLock()
        self.path = path

    def append(self, line, writing=None):
        with self.lock, self.path.open("a") as file:  # here: holder, waiter
            if writing is not None:
                writing.set()
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(line)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        journal, writing = Journal(path), threading.Event()
        with path.open("a") as backup:
            fcntl.flock(backup, fcntl.LOCK_EX)
            first = threading.Thread(target=journal.append, args=("one", writing), name="first")
            first.start()
            writing.wait()
            second = threading.Thread(target=journal.append, args=("two",), name="second")
            second.start()
            first.join()
            second.join()


main()
print("done")
