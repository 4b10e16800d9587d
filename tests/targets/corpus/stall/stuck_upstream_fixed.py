"""The resolver again: it asks without the lock, and does not wait for ever."""

import socket
import threading


class Resolver:
    def __init__(self, upstream):
        self.lock = threading.Lock()
        self.upstream = upstream
        self.upstream.settimeout(0.1)
        self.cache = {}

    def resolve(self, name):
        with self.lock:
            known = self.cache.get(name)
        if known is None:
            self.upstream.sendall(name.encode())
            try:
                known = self.upstream.recv(512)
            except TimeoutError:
                known = b"SERVFAIL"
            with self.lock:
                self.cache[name] = known
        return known


def main():
    ours, upstream = socket.socketpair()
    with ours, upstream:
        resolver = Resolver(ours)
        queries = [
            threading.Thread(target=resolver.resolve, args=("www.example.",)) for _ in range(2)
        ]
        for query in queries:
            query.start()
        for query in queries:
            query.join()


main()
print("done")
