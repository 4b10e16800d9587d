"""A pool that shuts down joins its workers under its lock; a worker signs off under that lock."""
# family: threading.Thread.join
# cores: c py
# unlucky: deadlock of Pool.lock

import queue
import threading


class Pool:
    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = queue.SimpleQueue()
        self.working = {}

    def start(self, number):
        with self.lock:
            for name in range(number):
                worker = threading.Thread(target=self.work, args=(name,), name=f"worker-{name}")
                self.working[name] = worker
                worker.start()

    def work(self, name):
        while (job := self.jobs.get()) is not None:
            job()
        with self.lock:  # here: waiter
            del self.working[name]

    def shut_down(self):
        with self.lock:  # here: holder
            for _ in self.working:
                self.jobs.put(None)
            for worker in self.working.values():
                worker.join()  # here: waiter


def main():
    pool = Pool()
    pool.start(2)
    pool.jobs.put(lambda: None)
    pool.shut_down()


main()
print("done")
