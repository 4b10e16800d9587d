"""The pool again: whatever happens, the connection is given back."""

import contextlib
import threading


class Pool:
    def __init__(self, size):
        self.free = threading.BoundedSemaphore(size)

    def query(self, sql):
        with self.free:
            if "drop" in sql:
                raise PermissionError(sql)
            return f"rows of {sql}"


pool = Pool(2)


def main():
    for table in ("users", "orders"):
        with contextlib.suppress(PermissionError):
            pool.query(f"drop table {table}")
    request = threading.Thread(target=pool.query, args=("select 1",), name="request")
    request.start()
    request.join()


main()
print("done")
