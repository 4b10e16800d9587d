"""A lock as a turnstile: visitors take it, and guards, other threads, release it for the next."""

import queue
import threading


class Turnstile:
    def __init__(self):
        self.closed = threading.Lock()
        self.passed = queue.SimpleQueue()

    def pass_through(self, number):
        self.closed.acquire()
        self.passed.put(number)

    def open(self):
        self.closed.release()


turnstile = Turnstile()


def visit():
    for number in range(4):
        turnstile.pass_through(number)


visitor = threading.Thread(target=visit, name="visitor")
visitor.start()
for _ in range(3):
    turnstile.passed.get()
    threading.Thread(target=turnstile.open, name="guard").start()
assert turnstile.passed.get() == 3
visitor.join()
print("done")
