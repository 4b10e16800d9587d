"""Two processes share a lock; the first holds it while the second waits."""

import multiprocessing
import sys


def work(lock):
    with lock:
        pass


def main():
    fork = multiprocessing.get_context("fork")
    lock = fork.Lock()
    child = fork.Process(target=work, args=(lock,))
    with lock:
        child.start()
        print(child.pid, flush=True)
        sys.stdin.readline()
    child.join()


main()
