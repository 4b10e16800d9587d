"""The cache again: each of the three takes one lock at a time."""

import multiprocessing
import threading


class Cache:
    def __init__(self):
        self.lock = threading.Lock()

    def fill(self, journal):
        with self.lock:
            pass
        with journal:
            pass

    def flush(self, disk):
        with disk:
            pass
        with self.lock:
            pass


def write(journal, disk):
    with journal:
        pass
    with disk:
        pass


def main():
    context = multiprocessing.get_context("fork")
    journal = context.Lock()
    disk = context.Lock()
    writer = context.Process(target=write, args=(journal, disk), name="writer")
    writer.start()
    cache = Cache()
    filler = threading.Thread(target=cache.fill, args=(journal,), name="filler")
    filler.start()
    cache.flush(disk)
    filler.join()
    writer.join()


if __name__ == "__main__":
    main()
    print("done")
