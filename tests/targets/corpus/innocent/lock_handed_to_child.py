"""A parent takes a lock for its child, which does the work and lets go of it: by design."""

import multiprocessing
import time


def work(busy):
    time.sleep(1.5)
    busy.release()


def main():
    context = multiprocessing.get_context("fork")
    busy = context.Lock()
    busy.acquire()
    worker = context.Process(target=work, args=(busy,), name="worker")
    worker.start()
    with busy:
        print("the child has let go")
    worker.join()


if __name__ == "__main__":
    main()
    print("done")
