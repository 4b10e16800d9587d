"""A printer waits for pages of a spooler that has put its last one, and no end after it."""
# family: queue.SimpleQueue
# unlucky: lost-wakeup of SimpleQueue

import queue
import threading


def spool(pages):
    for number in range(3):
        pages.put(f"page {number}")


def print_all(pages):
    while pages.get() is not None:  # here: waiter
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
