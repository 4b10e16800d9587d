"""The book again: the ledger's lock comes first, in both processes."""

import multiprocessing


class Book:
    def __init__(self, context):
        self.ledger = context.Lock()
        self.index = context.RLock()

    def enter(self):
        with self.ledger, self.index:
            pass

    def reindex(self):
        with self.ledger, self.index:
            pass


def main():
    context = multiprocessing.get_context("spawn")
    book = Book(context)
    clerks = [context.Process(target=work) for work in (book.enter, book.reindex)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()


if __name__ == "__main__":
    main()
    print("done")
