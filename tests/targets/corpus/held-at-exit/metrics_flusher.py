"""A daemon thread sends metrics under their lock; at exit a hook wants to flush what is left."""
# family: threading.Lock
# cores: c py
# unlucky: held-at-exit or lost-wakeup or stall of Metrics.lock
# lucky: held-at-exit of Metrics.lock

import atexit
import sys
import threading


class Metrics:
    def __init__(self):
        self.lock = threading.Lock()
        self.values = {"requests": 3}

    def send(self, sending, answered):
        with self.lock:  # here: holder
            sending.set()
            answered.wait()
            self.values.clear()

    def flush(self):
        with self.lock:  # here: unlucky waiter
            self.values.clear()


def main(lucky):
    metrics, sending, never_answered = Metrics(), threading.Event(), threading.Event()
    if not lucky:
        atexit.register(metrics.flush)
    threading.Thread(
        target=metrics.send, args=(sending, never_answered), name="sender", daemon=True
    ).start()
    sending.wait()
    return metrics


metrics = main("lucky" in sys.argv)
print("done")
