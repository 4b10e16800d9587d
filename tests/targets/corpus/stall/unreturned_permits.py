"""A connection pool counts its connections; an error path does not give one back."""
# family: threading.BoundedSemaphore
# unlucky: stall of Pool.free

import contextlib
import threading


class Pool:
    def __init__(self, size):
        self.free = threading.BoundedSemaphore(size)

    def query(self, sql):
        self.free.acquire()  # here: holder, waiter
        if "drop" in sql:
            raise PermissionError(sql)
        self.free.release()
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
