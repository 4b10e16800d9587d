"""Invoices are numbered under a lock; a customer without an address raises before the release."""
# family: threading.RLock
# cores: c py
# unlucky: leaked-lock of Invoices.numbering
# lucky: leaked-lock of Invoices.numbering

import contextlib
import sys
import threading


class Invoices:
    def __init__(self):
        self.numbering = threading.RLock()
        self.last = 0

    def write(self, customer):
        self.numbering.acquire()  # here: holder
        self.last += 1
        text = f"{self.last}: {customer['name']}, {customer['address']}"
        self.numbering.release()
        return text


invoices = Invoices()


def main(lucky):
    invoices.write({"name": "Ada", "address": "London"})
    with contextlib.suppress(KeyError):
        invoices.write({"name": "Bob"})
    if not lucky:
        batch = threading.Thread(
            target=invoices.write, args=({"name": "Eve", "address": "Bern"},), name="batch"
        )
        batch.start()
        batch.join()


main("lucky" in sys.argv)
print("done")
