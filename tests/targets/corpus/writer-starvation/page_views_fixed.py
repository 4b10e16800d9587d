"""The pages again: the lock lets no new reader in while somebody waits to write."""

import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Wiki:
    def __init__(self):
        self.lock = RWMutex()
        self.text = "first"

    def view(self):
        self.lock.r_lock()
        try:
            return self.text
        finally:
            self.lock.r_unlock()

    def edit(self, text):
        self.lock.lock()
        try:
            self.text = text
        finally:
            self.lock.unlock()


def visit_until(wiki, text):
    while wiki.view() != text:
        pass


def main():
    wiki = Wiki()
    visitors = [threading.Thread(target=visit_until, args=(wiki, "second")) for _ in range(3)]
    editor = threading.Thread(target=wiki.edit, args=("second",), name="editor")
    for thread in (*visitors, editor):
        thread.start()
    for thread in (*visitors, editor):
        thread.join()


main()
print("done")
