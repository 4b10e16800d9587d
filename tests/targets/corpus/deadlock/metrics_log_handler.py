"""A logging handler counts errors in the metrics; the metrics log while their lock is taken."""
# family: logging
# cores: c py
# unlucky: deadlock of Metrics.lock and CountingHandler.lock
# lucky: lock-order-inversion of Metrics.lock and CountingHandler.lock

import logging
import sys
import threading

logger = logging.getLogger("shop")


class Metrics:
    def __init__(self, sample):
        self.lock = threading.Lock()
        self.sample = sample
        self.errors = 0

    def count_error(self):
        with self.lock:  # here: waiter
            self.errors += 1

    def flush(self):
        with self.lock:  # here: holder
            self.sample()
            logger.info("%d errors", self.errors)
            self.errors = 0


class CountingHandler(logging.Handler):
    def __init__(self, metrics):
        super().__init__(logging.INFO)
        self.metrics = metrics

    def emit(self, record):
        self.metrics.sample()
        if record.levelno >= logging.ERROR:
            self.metrics.count_error()


def main(lucky):
    both_inside = threading.Barrier(1 if lucky else 2)
    metrics = Metrics(sample=both_inside.wait)
    logger.addHandler(CountingHandler(metrics))
    logger.setLevel(logging.INFO)
    request = threading.Thread(target=logger.error, args=("no such product",), name="request")
    flusher = threading.Thread(target=metrics.flush, name="flusher")
    request.start()
    if lucky:
        request.join()
    flusher.start()
    request.join()
    flusher.join()


main("lucky" in sys.argv)
print("done")
