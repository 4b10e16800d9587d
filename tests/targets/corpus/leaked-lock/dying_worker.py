"""A worker dies of bad input between taking the index lock and giving it back."""
# family: threading.Lock
# cores: c py
# unlucky: leaked-lock of Index.lock
# lucky: leaked-lock of Index.lock

import sys
import threading


class Index:
    def __init__(self):
        self.lock = threading.Lock()
        self.words = {}

    def add(self, word, position):
        self.lock.acquire()  # here: holder
        self.words[word] = int(position)
        self.lock.release()


def index_all(index, lines):
    for line in lines:
        word, _, position = line.partition(":")
        index.add(word, position)


index = Index()


def main(lucky):
    threading.excepthook = lambda arguments: print(f"worker died: {arguments.exc_value}")
    worker = threading.Thread(target=index_all, args=(index, ["a:1", "b:x"]), name="worker")
    worker.start()
    worker.join()
    if not lucky:
        index.add("c", "3")


main("lucky" in sys.argv)
print("done")
