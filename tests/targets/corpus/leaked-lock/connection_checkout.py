"""A connection is checked out by its lock; a request that finds it closed returns early."""
# family: threading.Lock
# cores: c py
# unlucky: leaked-lock of Connection.in_use
# lucky: leaked-lock of Connection.in_use

import sys
import threading


class Connection:
    def __init__(self):
        self.in_use = threading.Lock()
        self.closed = False

    def query(self, sql):
        self.in_use.acquire()  # here: holder
        if self.closed:
            return None
        try:
            return f"rows of {sql}"
        finally:
            self.in_use.release()


connection = Connection()


def main(lucky):
    connection.query("select 1")
    connection.closed = True
    connection.query("select 2")
    if not lucky:
        request = threading.Thread(target=connection.query, args=("select 3",), name="request")
        request.start()
        request.join()


main("lucky" in sys.argv)
print("done")
