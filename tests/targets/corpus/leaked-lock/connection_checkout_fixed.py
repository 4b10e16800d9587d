"""The connection again: a with block covers every way out."""

import threading


class Connection:
    def __init__(self):
        self.in_use = threading.Lock()
        self.closed = False

    def query(self, sql):
        with self.in_use:
            if self.closed:
                return None
            return f"rows of {sql}"


connection = Connection()


def main():
    connection.query("select 1")
    connection.closed = True
    connection.query("select 2")
    request = threading.Thread(target=connection.query, args=("select 3",), name="request")
    request.start()
    request.join()


main()
print("done")
