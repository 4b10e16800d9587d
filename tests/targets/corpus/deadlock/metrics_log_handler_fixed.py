"""The metrics again: they log after their lock is released."""

import logging
import threading

logger = logging.getLogger("shop")


class Metrics:
    def __init__(self):
        self.lock = threading.Lock()
        self.errors = 0

    def count_error(self):
        with self.lock:
            self.errors += 1

    def flush(self):
        with self.lock:
            errors, self.errors = self.errors, 0
        logger.info("%d errors", errors)


class CountingHandler(logging.Handler):
    def __init__(self, metrics):
        super().__init__(logging.INFO)
        self.metrics = metrics

    def emit(self, record):
        if record.levelno >= logging.ERROR:
            self.metrics.count_error()


def main():
    metrics = Metrics()
    logger.addHandler(CountingHandler(metrics))
    logger.setLevel(logging.INFO)
    request = threading.Thread(target=logger.error, args=("no such product",), name="request")
    flusher = threading.Thread(target=metrics.flush, name="flusher")
    for thread in (request, flusher):
        thread.start()
    for thread in (request, flusher):
        thread.join()


main()
print("done")
