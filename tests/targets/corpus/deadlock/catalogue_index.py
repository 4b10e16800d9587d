"""A catalogue and its index, each behind a lock of fasteners: updates lock them in both orders."""
# family: fasteners
# needs: fasteners
# unlucky: deadlock of Catalogue.items_lock and Catalogue.index_lock
# lucky: lock-order-inversion of Catalogue.items_lock and Catalogue.index_lock

import sys
import threading

import fasteners


class Catalogue:
    def __init__(self, audit):
        self.items_lock = fasteners.ReaderWriterLock()
        self.index_lock = fasteners.ReaderWriterLock()
        self.audit = audit
        self.items = {}
        self.index = {}

    def add(self, number, title):
        with self.items_lock.write_lock():  # here: holder
            self.items[number] = title
            self.audit()
            with self.index_lock.write_lock():  # here: waiter
                self.index[title] = number

    def rebuild_index(self):
        with self.index_lock.write_lock():  # here: holder
            self.audit()
            with self.items_lock.read_lock():  # here: waiter
                self.index = {title: number for number, title in self.items.items()}


def main(lucky):
    both_inside = threading.Barrier(1 if lucky else 2)
    catalogue = Catalogue(audit=both_inside.wait)
    editor = threading.Thread(target=catalogue.add, args=(1, "Walden"), name="editor")
    indexer = threading.Thread(target=catalogue.rebuild_index, name="indexer")
    editor.start()
    if lucky:
        editor.join()
    indexer.start()
    editor.join()
    indexer.join()


main("lucky" in sys.argv)
print("done")
