"""A context manager, a method named after acquiring and a class take a lock for their callers."""

import contextlib
import threading


class Store:
    def __init__(self):
        self.lock = threading.Lock()
        self.rows = []

    @contextlib.contextmanager
    def transaction(self):
        self.lock.acquire()
        try:
            yield self.rows
        finally:
            self.lock.release()

    def acquire_rows(self):
        self.lock.acquire()
        return self.rows


class Exclusive:
    def __init__(self, store):
        self.store = store

    def __enter__(self):
        return self.store.acquire_rows()

    def __exit__(self, *exc_info):
        self.store.lock.release()


store = Store()


def work(number):
    with store.transaction() as rows:
        rows.append(number)
    with Exclusive(store) as rows:
        rows.append(number)
    rows = store.acquire_rows()
    rows.append(number)
    store.lock.release()


threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with contextlib.ExitStack() as stack:
    stack.enter_context(store.transaction())
assert len(store.rows) == 12
print("done")
