"""The scheduler again: a summary takes the condition first, as a submission does."""

import collections
import threading


class Scheduler:
    def __init__(self):
        self.jobs_changed = threading.Condition()
        self.statistics = threading.Lock()
        self.jobs = collections.deque()
        self.submitted = 0

    def submit(self, job):
        with self.jobs_changed:
            self.jobs.append(job)
            with self.statistics:
                self.submitted += 1
            self.jobs_changed.notify()

    def take(self):
        with self.jobs_changed:
            self.jobs_changed.wait_for(lambda: self.jobs)
            return self.jobs.popleft()

    def summary(self):
        with self.jobs_changed, self.statistics:
            return f"{len(self.jobs)} of {self.submitted} jobs to do"


def main():
    scheduler = Scheduler()
    worker = threading.Thread(target=scheduler.take, name="worker")
    client = threading.Thread(target=scheduler.submit, args=("resize",), name="client")
    monitor = threading.Thread(target=scheduler.summary, name="monitor")
    for thread in (worker, client, monitor):
        thread.start()
    for thread in (worker, client, monitor):
        thread.join()


main()
print("done")
