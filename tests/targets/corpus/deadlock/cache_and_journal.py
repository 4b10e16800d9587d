"""A process's two threads and a second process close a ring: a thread's lock in one direction."""
# family: multiprocessing.Lock
# unlucky: deadlock of main.journal and Cache.lock

import multiprocessing
import threading


class Cache:
    def __init__(self):
        self.lock = threading.Lock()

    def fill(self, journal, filling, writing):
        with self.lock:  # here: holder
            filling.set()
            writing.wait()
            with journal:  # here: waiter
                pass

    def flush(self, disk, flushing):
        with disk:  # here: holder
            flushing.set()
            with self.lock:  # here: waiter
                pass


def write(journal, disk, writing, flushing):
    with journal:  # here: holder
        writing.set()
        flushing.wait()
        with disk:  # here: waiter
            pass


def main():
    context = multiprocessing.get_context("fork")
    journal = context.Lock()
    disk = context.Lock()
    writing, flushing = context.Event(), context.Event()
    writer = context.Process(target=write, args=(journal, disk, writing, flushing), name="writer")
    writer.start()
    cache, filling = Cache(), threading.Event()
    filler = threading.Thread(target=cache.fill, args=(journal, filling, writing), name="filler")
    filler.start()
    filling.wait()
    cache.flush(disk, flushing)
    filler.join()
    writer.join()


if __name__ == "__main__":
    main()
    print("done")
