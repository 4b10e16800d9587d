"""The journal again: where its file is taken it says so, and lets the others pass."""

import fcntl
import tempfile
import threading
from pathlib import Path


class Journal:
    def __init__(self, path):
        self.lock = threading.RLock()
        self.path = path
        self.missed = 0

    def append(self, line):
        with self.lock, self.path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.missed += 1
            else:
                file.write(line)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        journal = Journal(path)
        with path.open("a") as backup:
            fcntl.flock(backup, fcntl.LOCK_EX)
            first = threading.Thread(target=journal.append, args=("one",), name="first")
            second = threading.Thread(target=journal.append, args=("two",), name="second")
            first.start()
            second.start()
            first.join()
            second.join()
        assert journal.missed == 2


main()
print("done")
