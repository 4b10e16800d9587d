"""A pool of processes is started by forking while the metrics are being sent under their lock."""
# family: multiprocessing
# unlucky: held-across-fork of Metrics.lock

import multiprocessing
import threading


class Metrics:
    def __init__(self):
        self.lock = threading.RLock()
        self.counts = {}

    def send(self, sending, go_on):
        with self.lock:  # here: holder
            sending.set()
            go_on.wait()

    def count(self, name):
        with self.lock:  # here: waiter
            self.counts[name] = self.counts.get(name, 0) + 1


def square(number):
    metrics.count("square")
    return number * number


metrics = Metrics()


def main():
    sending, go_on = threading.Event(), threading.Event()
    sender = threading.Thread(target=metrics.send, args=(sending, go_on), name="sender")
    sender.start()
    sending.wait()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        go_on.set()
        print(pool.map(square, range(4)))
    sender.join()


if __name__ == "__main__":
    main()
    print("done")
