"""`joiner` waits for `worker`, which waits to be told; then both end."""

import sys
import threading

told = threading.Event()


def work():
    told.wait()


def await_worker(worker):
    worker.join()


def main():
    worker = threading.Thread(target=work, name="worker")
    worker.start()
    worker.join(0.001)
    joiner = threading.Thread(target=await_worker, args=(worker,), name="joiner")
    joiner.start()
    print("ready", flush=True)
    sys.stdin.readline()
    told.set()
    joiner.join()
    print("joined", worker.is_alive(), flush=True)
    sys.stdin.readline()


main()
