"""The pool again: it joins a copy of its list, without its lock."""

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
        with self.lock:
            del self.working[name]

    def shut_down(self):
        with self.lock:
            workers = list(self.working.values())
        for _ in workers:
            self.jobs.put(None)
        for worker in workers:
            worker.join()


def main():
    pool = Pool()
    pool.start(2)
    pool.jobs.put(lambda: None)
    pool.shut_down()


main()
print("done")
