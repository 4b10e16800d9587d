"""The worker again: it still dies, but the lock is given back on its way out."""

import threading


class Index:
    def __init__(self):
        self.lock = threading.Lock()
        self.words = {}

    def add(self, word, position):
        with self.lock:
            self.words[word] = int(position)


def index_all(index, lines):
    for line in lines:
        word, _, position = line.partition(":")
        index.add(word, position)


index = Index()


def main():
    threading.excepthook = lambda arguments: print(f"worker died: {arguments.exc_value}")
    worker = threading.Thread(target=index_all, args=(index, ["a:1", "b:x"]), name="worker")
    worker.start()
    worker.join()
    index.add("c", "3")


main()
print("done")
