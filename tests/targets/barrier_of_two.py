"""`early` waits at a barrier for the main thread, which comes when it is told."""

import sys
import threading

barrier = threading.Barrier(2)


def arrive():
    barrier.wait()


def main():
    early = threading.Thread(target=arrive, name="early")
    early.start()
    print("ready", flush=True)
    sys.stdin.readline()
    barrier.wait()
    early.join()
    print("done", barrier.n_waiting, flush=True)
    sys.stdin.readline()


main()
