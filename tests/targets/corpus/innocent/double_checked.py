"""A resource is opened by the first who asks, with the check before and under the lock."""

import threading


class Lazy:
    def __init__(self, open_it):
        self.lock = threading.RLock()
        self.open_it = open_it
        self.resource = None

    def get(self):
        if self.resource is None:
            with self.lock:
                if self.resource is None:
                    self.resource = self.open_it()
        return self.resource


settings = Lazy(dict)
connection = Lazy(lambda: ("connection", settings.get()))
threads = [threading.Thread(target=connection.get) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
