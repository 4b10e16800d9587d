"""A scheduler waits for its job's end while it holds the lock that the job needs to report."""
# family: multiprocessing.Process.join
# unlucky: deadlock of Scheduler.results

import multiprocessing


class Scheduler:
    def __init__(self, context):
        self.context = context
        self.results = context.Lock()

    def job(self):
        with self.results:  # here: waiter
            print("the job's result", flush=True)

    def run(self):
        with self.results:  # here: holder
            job = self.context.Process(target=self.job, name="job")
            job.start()
            job.join()  # here: waiter


def main():
    Scheduler(multiprocessing.get_context("fork")).run()


if __name__ == "__main__":
    main()
    print("done")
