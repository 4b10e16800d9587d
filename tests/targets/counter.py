"""Several threads count under one lock until input ends; says whether the count is right."""

import sys
import threading


class Counter:
    def __init__(self):
        self.guard = threading.Lock()
        self.value = 0
        self.expected = [0] * 4

    def count(self, index, stop):
        while not stop.is_set():
            with self.guard:
                self.value += 1
            self.expected[index] += 1


def main():
    counter, stop = Counter(), threading.Event()
    threads = [threading.Thread(target=counter.count, args=(i, stop)) for i in range(4)]
    for thread in threads:
        thread.start()
    print("counting", flush=True)
    for line in sys.stdin:
        if line.strip() == "value":
            print(counter.value, flush=True)
    stop.set()
    for thread in threads:
        thread.join()
    print("right" if counter.value == sum(counter.expected) else "wrong", flush=True)


main()
