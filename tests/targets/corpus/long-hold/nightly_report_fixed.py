"""The report again: it is written from a copy."""

import threading
import time


class Books:
    def __init__(self, writing):
        self.lock = threading.Lock()
        self.writing = writing
        self.entries = [5, 8, 13]

    def report(self):
        with self.lock:
            entries = list(self.entries)
        self.writing.set()
        time.sleep(0.5)  # many pages
        return sum(entries)

    def book(self, amount):
        with self.lock:
            self.entries.append(amount)


books = Books(writing=threading.Event())


def main():
    report = threading.Thread(target=books.report, name="report")
    till = threading.Thread(target=books.book, args=(21,), name="till")
    report.start()
    books.writing.wait()
    till.start()
    report.join()
    till.join()


main()
print("done")
