"""The worker again: it waits for a job to be there, not for a notification."""

import threading


class JobQueue:
    def __init__(self):
        self.ready = threading.Condition()
        self.jobs = []

    def put(self, job):
        with self.ready:
            self.jobs.append(job)
            self.ready.notify()

    def take(self):
        with self.ready:
            self.ready.wait_for(lambda: self.jobs)
            return self.jobs.pop()


def main():
    jobs = JobQueue()
    client = threading.Thread(target=jobs.put, args=("resize",), name="client")
    client.start()
    client.join()
    worker = threading.Thread(target=jobs.take, name="worker")
    worker.start()
    worker.join()


main()
print("done")
