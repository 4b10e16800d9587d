"""The invoices again: whatever is raised, the lock is released."""

import contextlib
import threading


class Invoices:
    def __init__(self):
        self.numbering = threading.RLock()
        self.last = 0

    def write(self, customer):
        self.numbering.acquire()
        try:
            self.last += 1
            return f"{self.last}: {customer['name']}, {customer['address']}"
        finally:
            self.numbering.release()


invoices = Invoices()


def main():
    invoices.write({"name": "Ada", "address": "London"})
    with contextlib.suppress(KeyError):
        invoices.write({"name": "Bob"})
    batch = threading.Thread(
        target=invoices.write, args=({"name": "Eve", "address": "Bern"},), name="batch"
    )
    batch.start()
    batch.join()


main()
print("done")
