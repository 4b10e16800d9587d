"""A pool of processes, an executor of processes and a manager, all busy and then idle."""

import concurrent.futures
import multiprocessing
import time


def square(number):
    time.sleep(0.1)
    return number * number


def main():
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        print(pool.map(square, range(8)))
    with concurrent.futures.ProcessPoolExecutor(2, context) as executor:
        print(list(executor.map(square, range(8))))
    with context.Manager() as manager, manager.Lock():
        time.sleep(1.2)


if __name__ == "__main__":
    main()
    print("done")
