"""Workers wait for jobs that come by a queue of processes, long after they are ready for them."""

import multiprocessing
import time


def work(jobs, results):
    for job in iter(jobs.get, None):
        results.put(job * job)


def main():
    context = multiprocessing.get_context("spawn")
    jobs, results = context.Queue(), context.Queue()
    workers = [context.Process(target=work, args=(jobs, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    time.sleep(2)
    for job in range(4):
        jobs.put(job)
    print(sorted(results.get() for _ in range(4)))
    for _ in workers:
        jobs.put(None)
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
    print("done")
