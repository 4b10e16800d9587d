"""The database again: it is said when opening has ended, however it has."""

import threading


class Database:
    def __init__(self, address):
        self.address = address
        self.connection = None
        self.ended = threading.Event()

    def open(self):
        try:
            host, port = self.address.split(":")
            self.connection = (host, int(port))
        finally:
            self.ended.set()


def main():
    threading.excepthook = lambda arguments: print(f"failed: {arguments.exc_value}")
    database = Database("localhost")
    opener = threading.Thread(target=database.open, name="opener")
    opener.start()
    database.ended.wait()
    opener.join()
    assert database.connection is None


main()
print("done")
