"""Start-up takes two locks in one order and shut-down in the other, in one and the same thread."""

import threading


class Application:
    def __init__(self):
        self.plugins = threading.Lock()
        self.windows = threading.Lock()

    def start(self):
        with self.plugins, self.windows:
            pass

    def stop(self):
        with self.windows, self.plugins:
            pass


application = Application()
application.start()
application.stop()
print("done")
