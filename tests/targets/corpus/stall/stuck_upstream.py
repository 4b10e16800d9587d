"""A resolver's cache asks its upstream under the lock; the upstream never answers."""
# family: threading.Lock
# cores: c py
# unlucky: stall of Resolver.lock

import socket
import threading


class Resolver:
    def __init__(self, upstream):
        self.lock = threading.Lock()
        self.upstream = upstream
        self.cache = {}

    def resolve(self, name):
        with self.lock:  # here: holder, waiter
            if name not in self.cache:
                self.upstream.sendall(name.encode())
                self.cache[name] = self.upstream.recv(512)
            return self.cache[name]


def main():
    ours, upstream = socket.socketpair()
    resolver = Resolver(ours)
    first = threading.Thread(target=resolver.resolve, args=("www.example.",), name="first")
    first.start()
    upstream.recv(512)
    second = threading.Thread(target=resolver.resolve, args=("www.example.",), name="second")
    second.start()
    first.join()
    second.join()


main()
print("done")
