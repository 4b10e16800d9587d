"""A configuration behind a lock of fasteners: one who reads it waits for a plugin that is deaf."""
# family: fasteners
# needs: fasteners
# unlucky: blocked-by-pending-writer of Config.lock

import queue
import threading

import fasteners


class Config:
    def __init__(self):
        self.lock = fasteners.ReaderWriterLock()
        self.values = {"level": "info"}

    def apply_to(self, plugin):
        with self.lock.read_lock():  # here: holder
            plugin.requests.put(self.values)
            return plugin.answers.get()

    def reload(self, values):
        with self.lock.write_lock():  # here: waiter
            self.values = values

    def get(self, name):
        with self.lock.read_lock():  # here: waiter
            return self.values[name]


class DeafPlugin:
    """It takes a request, and never answers."""

    def __init__(self):
        self.requests = queue.Queue()
        self.answers = queue.Queue()


def main():
    config, plugin = Config(), DeafPlugin()
    apply = threading.Thread(target=config.apply_to, args=(plugin,), name="apply")
    apply.start()
    plugin.requests.get()
    reload = threading.Thread(target=config.reload, args=({"level": "debug"},), name="reload")
    reload.start()
    while not config.lock.has_pending_writers:
        pass
    request = threading.Thread(target=config.get, args=("level",), name="request")
    request.start()
    request.join()


main()
print("done")
