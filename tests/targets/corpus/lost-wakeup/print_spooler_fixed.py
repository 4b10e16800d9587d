"""The spooler again: an end comes after its last page."""

import queue
import threading


def spool(pages):
    for number in range(3):
        pages.put(f"page {number}")
    pages.put(None)


def print_all(pages):
    while pages.get() is not None:
        pass


def main():
    pages = queue.SimpleQueue()
    spooler = threading.Thread(target=spool, args=(pages,), name="spooler")
    printer = threading.Thread(target=print_all, args=(pages,), name="printer")
    spooler.start()
    printer.start()
    spooler.join()
    printer.join()


main()
print("done")
