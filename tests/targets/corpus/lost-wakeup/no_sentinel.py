"""A reader puts lines into a queue and a last None; when a line is bad it dies before that."""
# family: queue.Queue
# unlucky: lost-wakeup of Import.lines

import queue
import threading


class Import:
    def __init__(self):
        self.lines = queue.Queue()
        self.total = 0

    def read(self, lines):
        for line in lines:
            self.lines.put(int(line))
        self.lines.put(None)

    def add_up(self):
        while (number := self.lines.get()) is not None:  # here: waiter
            self.total += number


def main():
    threading.excepthook = lambda arguments: print(f"failed: {arguments.exc_value}")
    job = Import()
    reader = threading.Thread(target=job.read, args=(["1", "2", "x"],), name="reader")
    adder = threading.Thread(target=job.add_up, name="adder")
    reader.start()
    adder.start()
    reader.join()
    adder.join()


main()
print("done")
