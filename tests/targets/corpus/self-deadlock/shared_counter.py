"""A counter shared between processes takes its lock, which is not re-entrant, a second time."""
# family: multiprocessing.Lock
# unlucky: self-deadlock of Counter.lock

import multiprocessing


class Counter:
    def __init__(self):
        self.lock = multiprocessing.Lock()
        self.value = multiprocessing.Value("i", 0, lock=False)

    def add(self, number):
        with self.lock:  # here: waiter
            self.value.value += number

    def add_all(self, numbers):
        with self.lock:  # here: holder
            for number in numbers:
                self.add(number)


Counter().add_all([1, 2, 3])
print("done")
