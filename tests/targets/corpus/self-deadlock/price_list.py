"""A price list behind a writer-preferring lock: an update reads through the locked accessor."""
# family: readerwriterlock
# needs: readerwriterlock
# unlucky: self-deadlock of PriceList.lock

import threading

from readerwriterlock import rwlock


class PriceList:
    def __init__(self):
        self.lock = rwlock.RWLockWrite()
        self.prices = {"tea": 3}

    def price(self, item):
        with self.lock.gen_rlock():  # here: waiter
            return self.prices[item]

    def raise_by(self, item, amount):
        with self.lock.gen_wlock():  # here: holder
            self.prices[item] = self.price(item) + amount


def main():
    prices = PriceList()
    update = threading.Thread(target=prices.raise_by, args=("tea", 1), name="update")
    update.start()
    update.join()


main()
print("done")
