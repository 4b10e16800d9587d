"""Visitors are located by a service, which is asked under the lock that all requests want."""
# family: threading.Lock
# unlucky: stall of Geo.lock
# lucky: held-while-blocking of Geo.lock
# options: --threshold blocking-after=0.3

import socket
import sys
import threading
import time


class Geo:
    def __init__(self, service):
        self.lock = threading.Lock()
        self.service = service
        self.countries = {}

    def country(self, address):
        with self.lock:  # here: holder, unlucky waiter
            if address not in self.countries:
                self.service.sendall(address.encode())
                self.countries[address] = self.service.recv(16)  # here: lucky blocking
            return self.countries[address]


def answer(peer, asked, is_well):
    while peer.recv(64):
        asked.set()
        if is_well:
            time.sleep(2.5)  # the service is far away
            peer.sendall(b"CH")


ours, peer = socket.socketpair()
geo = Geo(ours)


def main(lucky):
    asked = threading.Event()
    service = threading.Thread(
        target=answer, args=(peer, asked, lucky), name="service", daemon=True
    )
    service.start()
    requests = [
        threading.Thread(target=geo.country, args=(f"192.0.2.{number}",), name=f"request-{number}")
        for number in range(2)
    ]
    requests[0].start()
    asked.wait()
    for request in requests[1:]:
        request.start()
    for request in requests:
        request.join()


main("lucky" in sys.argv)
print("done")
