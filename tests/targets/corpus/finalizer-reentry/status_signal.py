"""A server prints its status on SIGUSR1; the handler takes the lock that it interrupted."""
# family: threading.Lock
# cores: c py
# unlucky: finalizer-reentry of Server.lock

import os
import signal
import threading


class Server:
    def __init__(self):
        self.lock = threading.Lock()
        self.requests = 0

    def serve(self, request):
        with self.lock:  # here: holder
            self.requests += 1
            if request == "/status":
                os.kill(os.getpid(), signal.SIGUSR1)
                self.requests += 1

    def on_status(self, signum, frame):
        with self.lock:  # here: waiter
            print(f"{self.requests} requests")


def main():
    server = Server()
    signal.signal(signal.SIGUSR1, server.on_status)
    server.serve("/")
    server.serve("/status")


main()
print("done")
