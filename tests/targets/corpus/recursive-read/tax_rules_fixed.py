"""The taxes again: the rates are copied under one read lock, and summed up without it."""

import threading

from readerwriterlock import rwlock


class Rules:
    def __init__(self):
        self.lock = rwlock.RWLockWrite()
        self.rates = {"book": 7, "wine": 19}

    def total(self, basket):
        with self.lock.gen_rlock():
            rates = dict(self.rates)
        return sum(price * rates[item] // 100 for item, price in basket)

    def change(self, item, rate):
        with self.lock.gen_wlock():
            self.rates[item] = rate


def main():
    rules = Rules()
    till = threading.Thread(target=rules.total, args=([("book", 1000)],), name="till")
    office = threading.Thread(target=rules.change, args=("wine", 20), name="office")
    for thread in (till, office):
        thread.start()
    for thread in (till, office):
        thread.join()


main()
print("done")
