"""Two worker processes update a ledger and its index, each beginning with the other's lock."""
# family: multiprocessing.Lock
# unlucky: deadlock of Book.ledger and Book.index
# lucky: lock-order-inversion of Book.ledger and Book.index

import multiprocessing
import sys


class Book:
    def __init__(self, context, parties):
        self.ledger = context.Lock()
        self.index = context.RLock()
        self.both_inside = context.Barrier(parties)

    def enter(self):
        with self.ledger:  # here: holder
            self.both_inside.wait()
            with self.index:  # here: waiter
                pass

    def reindex(self):
        with self.index:  # here: holder
            self.both_inside.wait()
            with self.ledger:  # here: waiter
                pass


def main(lucky):
    context = multiprocessing.get_context("spawn")
    book = Book(context, 1 if lucky else 2)
    clerks = [context.Process(target=work) for work in (book.enter, book.reindex)]
    for clerk in clerks:
        clerk.start()
        if lucky:
            clerk.join()
    for clerk in clerks:
        clerk.join()


if __name__ == "__main__":
    main("lucky" in sys.argv)
    print("done")
