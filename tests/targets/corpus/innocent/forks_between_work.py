"""Processes are forked while no lock is taken, and use the locks they were born with."""

import logging
import multiprocessing
import threading

lock = threading.Lock()
logger = logging.getLogger("worker")


def work(number):
    with lock:
        logger.info("number %d", number)
        return number * number


def main():
    with lock:
        pass
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(work, range(4)) == [0, 1, 4, 9]


if __name__ == "__main__":
    main()
    print("done")
