"""The catalogue again: items before index, everywhere."""

import threading

import fasteners


class Catalogue:
    def __init__(self):
        self.items_lock = fasteners.ReaderWriterLock()
        self.index_lock = fasteners.ReaderWriterLock()
        self.items = {}
        self.index = {}

    def add(self, number, title):
        with self.items_lock.write_lock():
            self.items[number] = title
            with self.index_lock.write_lock():
                self.index[title] = number

    def rebuild_index(self):
        with self.items_lock.read_lock(), self.index_lock.write_lock():
            self.index = {title: number for number, title in self.items.items()}


def main():
    catalogue = Catalogue()
    editor = threading.Thread(target=catalogue.add, args=(1, "Walden"), name="editor")
    indexer = threading.Thread(target=catalogue.rebuild_index, name="indexer")
    for thread in (editor, indexer):
        thread.start()
    for thread in (editor, indexer):
        thread.join()


main()
print("done")
