"""A program waits until its database is ready; the thread that opens it dies before it says so."""
# family: threading.Event
# unlucky: lost-wakeup of Database.ready

import threading


class Database:
    def __init__(self, address):
        self.address = address
        self.ready = threading.Event()

    def open(self):
        host, port = self.address.split(":")
        self.connection = (host, int(port))
        self.ready.set()


def main():
    threading.excepthook = lambda arguments: print(f"failed: {arguments.exc_value}")
    database = Database("localhost")
    opener = threading.Thread(target=database.open, name="opener")
    opener.start()
    database.ready.wait()  # here: waiter


main()
print("done")
