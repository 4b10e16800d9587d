"""The counter again, with multiprocessing's re-entrant lock."""

import multiprocessing


class Counter:
    def __init__(self):
        self.lock = multiprocessing.RLock()
        self.value = multiprocessing.Value("i", 0, lock=False)

    def add(self, number):
        with self.lock:
            self.value.value += number

    def add_all(self, numbers):
        with self.lock:
            for number in numbers:
                self.add(number)


Counter().add_all([1, 2, 3])
print("done")
