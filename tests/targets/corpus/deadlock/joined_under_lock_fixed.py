"""The scheduler again: it lets go of the lock before it waits for the job."""

import multiprocessing


class Scheduler:
    def __init__(self, context):
        self.context = context
        self.results = context.Lock()

    def job(self):
        with self.results:
            print("the job's result", flush=True)

    def run(self):
        with self.results:
            job = self.context.Process(target=self.job, name="job")
            job.start()
        job.join()


def main():
    Scheduler(multiprocessing.get_context("fork")).run()


if __name__ == "__main__":
    main()
    print("done")
