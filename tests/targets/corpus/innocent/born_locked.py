"""A lock that is born locked, as a signal that something is over, and one kept for life."""

import threading


class Download:
    def __init__(self):
        self._over = threading.Lock()
        self._over.acquire()

    def run(self):
        self._over.release()

    def join(self):
        self._over.acquire()
        self._over.release()


class Instance:
    """The program is one instance for as long as it runs."""

    def __init__(self):
        self.only_one = threading.Lock()


instance = Instance()
with instance.only_one:
    downloads = [Download() for _ in range(3)]
    for download in downloads:
        threading.Thread(target=download.run).start()
    for download in downloads:
        download.join()
    print("done")
