"""The visitors again: the service is asked without the lock."""

import queue
import threading


class Geo:
    def __init__(self, service):
        self.lock = threading.Lock()
        self.service = service
        self.countries = {}

    def country(self, address):
        with self.lock:
            known = self.countries.get(address)
        if known is None:
            known = self.service(address)
            with self.lock:
                self.countries[address] = known
        return known


def main():
    asked = queue.Queue()

    def service(address):
        answer = queue.Queue()
        asked.put(answer)
        return answer.get()

    def answer_all():
        for _ in requests:
            asked.get().put(b"CH")

    geo = Geo(service)
    requests = [
        threading.Thread(target=geo.country, args=(f"192.0.2.{number}",), name=f"request-{number}")
        for number in range(4)
    ]
    answering = threading.Thread(target=answer_all, name="service")
    for thread in (answering, *requests):
        thread.start()
    for thread in (answering, *requests):
        thread.join()


main()
print("done")
