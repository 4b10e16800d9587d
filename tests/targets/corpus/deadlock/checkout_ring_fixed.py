"""The shop again: stock before payments before parcels, everywhere."""

import threading


class Shop:
    def __init__(self, log):
        self.stock = threading.Lock()
        self.payments = threading.Lock()
        self.parcels = threading.Lock()
        self.log = log

    def sell(self):
        with self.stock:
            self.log("item reserved")
            with self.payments:
                self.log("paid")

    def refund(self):
        with self.payments:
            self.log("refund agreed")
            with self.parcels:
                self.log("parcel called back")

    def restock(self):
        with self.stock, self.parcels:
            self.log("parcel opened")
            self.log("item on the shelf")


def main():
    journal = []
    shop = Shop(log=journal.append)
    clerks = [
        threading.Thread(target=w, name=w.__name__) for w in (shop.sell, shop.refund, shop.restock)
    ]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert len(journal) == 6


main()
print("done")
