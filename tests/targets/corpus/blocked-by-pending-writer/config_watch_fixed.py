"""The configuration again: the plugin is asked without the lock."""

import queue
import threading

import fasteners


class Config:
    def __init__(self):
        self.lock = fasteners.ReaderWriterLock()
        self.values = {"level": "info"}

    def apply_to(self, plugin):
        with self.lock.read_lock():
            values = dict(self.values)
        plugin.requests.put(values)
        return plugin.answers.get()

    def reload(self, values):
        with self.lock.write_lock():
            self.values = values

    def get(self, name):
        with self.lock.read_lock():
            return self.values[name]


class Plugin:
    def __init__(self):
        self.requests = queue.Queue()
        self.answers = queue.Queue()


def main():
    config, plugin = Config(), Plugin()
    threads = [
        threading.Thread(target=config.apply_to, args=(plugin,), name="apply"),
        threading.Thread(target=config.reload, args=({"level": "debug"},), name="reload"),
        threading.Thread(target=config.get, args=("level",), name="request"),
    ]
    for thread in threads:
        thread.start()
    plugin.answers.put(plugin.requests.get())
    for thread in threads:
        thread.join()


main()
print("done")
