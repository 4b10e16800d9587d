"""A read-write lock of the project's own that knows nothing of locktrace."""

import threading


class Gate:
    """Whoever reads is inside; who writes closes it first, and waits until nobody is."""

    def __init__(self):
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    def enter(self):
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._inside += 1

    def leave(self):
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self):
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: not self._inside)

    def open(self):
        with self._changed:
            self._closed = False
            self._changed.notify_all()

    @property
    def is_closed(self):
        return self._closed
