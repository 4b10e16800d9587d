"""The pool again: it is started before any thread is."""

import multiprocessing
import threading


class Metrics:
    def __init__(self):
        self.lock = threading.RLock()
        self.counts = {}

    def send(self, sending, go_on):
        with self.lock:
            sending.set()
            go_on.wait()

    def count(self, name):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + 1


def square(number):
    metrics.count("square")
    return number * number


metrics = Metrics()


def main():
    sending, go_on = threading.Event(), threading.Event()
    sender = threading.Thread(target=metrics.send, args=(sending, go_on), name="sender")
    with multiprocessing.get_context("fork").Pool(2) as pool:
        sender.start()
        sending.wait()
        print(pool.map(square, range(4)))
        go_on.set()
        sender.join()


if __name__ == "__main__":
    main()
    print("done")
