"""A scheduler has a condition for its jobs and a lock for its statistics, and mixes their order."""
# family: threading.Condition
# cores: c py
# unlucky: deadlock of Scheduler.jobs_changed and Scheduler.statistics
# lucky: lock-order-inversion of Scheduler.jobs_changed and Scheduler.statistics

import collections
import sys
import threading


class Scheduler:
    def __init__(self, trace):
        self.jobs_changed = threading.Condition()
        self.statistics = threading.Lock()
        self.trace = trace
        self.jobs = collections.deque()
        self.submitted = 0

    def submit(self, job):
        with self.jobs_changed:  # here: holder
            self.jobs.append(job)
            self.trace("submitting")
            with self.statistics:  # here: waiter
                self.submitted += 1
            self.jobs_changed.notify()

    def summary(self):
        with self.statistics:  # here: holder
            self.trace("summing up")
            with self.jobs_changed:  # here: waiter
                return f"{len(self.jobs)} of {self.submitted} jobs to do"


def main(lucky):
    both_inside = threading.Barrier(1 if lucky else 2)
    scheduler = Scheduler(trace=lambda text: both_inside.wait())
    client = threading.Thread(target=scheduler.submit, args=("resize",), name="client")
    monitor = threading.Thread(target=scheduler.summary, name="monitor")
    client.start()
    if lucky:
        client.join()
    monitor.start()
    client.join()
    monitor.join()


main("lucky" in sys.argv)
print("done")
