"""A shop: a sale, a refund and a restock each take two of three locks, round in a ring."""
# family: threading.Lock
# unlucky: deadlock of Shop.stock and Shop.payments and Shop.parcels
# lucky: lock-order-inversion of Shop.stock and Shop.payments and Shop.parcels

import sys
import threading


class Shop:
    def __init__(self, log):
        self.stock = threading.Lock()
        self.payments = threading.Lock()
        self.parcels = threading.Lock()
        self.log = log

    def sell(self):
        with self.stock:  # here: holder
            self.log("item reserved")
            with self.payments:  # here: waiter
                self.log("paid")

    def refund(self):
        with self.payments:  # here: holder
            self.log("refund agreed")
            with self.parcels:  # here: waiter
                self.log("parcel called back")

    def restock(self):
        with self.parcels:  # here: holder
            self.log("parcel opened")
            with self.stock:  # here: waiter
                self.log("item on the shelf")


def main(lucky):
    all_inside = threading.Barrier(1 if lucky else 3)
    shop = Shop(log=lambda text: all_inside.wait())
    clerks = [
        threading.Thread(target=w, name=w.__name__) for w in (shop.sell, shop.refund, shop.restock)
    ]
    for clerk in clerks:
        clerk.start()
        if lucky:
            clerk.join()
    for clerk in clerks:
        clerk.join()


main("lucky" in sys.argv)
print("done")
