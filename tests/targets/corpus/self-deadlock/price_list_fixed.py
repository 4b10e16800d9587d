"""The price list again: an update reads what it already holds."""

import threading

from readerwriterlock import rwlock


class PriceList:
    def __init__(self):
        self.lock = rwlock.RWLockWrite()
        self.prices = {"tea": 3}

    def price(self, item):
        with self.lock.gen_rlock():
            return self.prices[item]

    def raise_by(self, item, amount):
        with self.lock.gen_wlock():
            self.prices[item] += amount


def main():
    prices = PriceList()
    update = threading.Thread(target=prices.raise_by, args=("tea", 1), name="update")
    reader = threading.Thread(target=prices.price, args=("tea",), name="reader")
    for thread in (update, reader):
        thread.start()
    for thread in (update, reader):
        thread.join()


main()
print("done")
