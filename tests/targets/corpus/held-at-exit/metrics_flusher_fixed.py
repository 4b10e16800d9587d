"""The metrics again: the sender is told to stop, and joined, before the last flush."""

import atexit
import threading


class Metrics:
    def __init__(self):
        self.lock = threading.Lock()
        self.values = {"requests": 3}

    def send_until(self, sending, stop):
        with self.lock:
            values = dict(self.values)
        sending.set()
        stop.wait()
        self.sent = values

    def flush(self):
        with self.lock:
            self.values.clear()


def main():
    metrics, sending, stop = Metrics(), threading.Event(), threading.Event()
    sender = threading.Thread(
        target=metrics.send_until, args=(sending, stop), name="sender", daemon=True
    )
    sender.start()
    sending.wait()
    atexit.register(metrics.flush)
    atexit.register(sender.join)
    atexit.register(stop.set)
    return metrics


metrics = main()
print("done")
