"""A total is summed up under a read lock, each line of it too; the lock prefers writers."""
# family: readerwriterlock
# needs: readerwriterlock
# unlucky: deadlock of Rules.lock
# lucky: recursive-read of Rules.lock

import sys
import threading

from readerwriterlock import rwlock


class Rules:
    def __init__(self, next_line):
        self.lock = rwlock.RWLockWrite()
        self.next_line = next_line
        self.rates = {"book": 7, "wine": 19}

    def tax(self, item, price):
        with self.lock.gen_rlock():  # here: waiter
            return price * self.rates[item] // 100

    def total(self, basket):
        with self.lock.gen_rlock():  # here: holder
            self.next_line()
            return sum(self.tax(item, price) for item, price in basket)

    def change(self, item, rate):
        with self.lock.gen_wlock():  # here: unlucky waiter
            self.rates[item] = rate


def a_writer_waits(lock):
    """Whether a reader who came now would have to queue behind a writer."""
    reading = lock.gen_rlock()
    if reading.acquire(blocking=False):
        reading.release()
        return False
    return True


def main(lucky):
    summing = threading.Event()

    def next_line():
        summing.set()
        while not lucky and not a_writer_waits(rules.lock):
            pass

    rules = Rules(next_line)
    till = threading.Thread(target=rules.total, args=([("book", 1000)],), name="till")
    office = threading.Thread(target=rules.change, args=("wine", 20), name="office")
    till.start()
    summing.wait()
    if lucky:
        till.join()
    office.start()
    till.join()
    office.join()


main("lucky" in sys.argv)
print("done")
