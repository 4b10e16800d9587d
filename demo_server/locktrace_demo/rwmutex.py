"""A read-write lock with the semantics of Go's ``sync.RWMutex``."""

from __future__ import annotations

import threading


class RWMutex:
    """Many readers or one writer, after Go's ``sync.RWMutex``.

    - A writer that waits excludes new readers, so readers cannot starve it. A thread that
      takes the read lock twice therefore deadlocks if a writer asks in between.
    - ``unlock`` lets in all readers that wait at that moment, before any other writer.
    - Writers are served in the order in which they asked.
    - Nobody owns it: one thread may lock and another unlock.
    - Releasing what is not held raises RuntimeError.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._readers_admitted = threading.Condition(self._mutex)
        self._writer_turn = threading.Condition(self._mutex)
        self._readers = 0
        self._waiting_readers = 0
        self._admissions = 0
        self._writing = False
        # Writers draw tickets; the one that is served holds the lock or is next to hold it.
        self._next_ticket = 0
        self._served_ticket = 0

    def r_lock(self) -> None:
        """Take a read lock; waits while a writer holds the lock or waits for it."""
        with self._mutex:
            if not self._has_writer():
                self._readers += 1
                return
            self._waiting_readers += 1
            admissions = self._admissions
            while self._admissions == admissions:
                self._readers_admitted.wait()

    def try_r_lock(self) -> bool:
        """Take a read lock if that needs no waiting; says whether it did."""
        with self._mutex:
            if self._has_writer():
                return False
            self._readers += 1
            return True

    def r_unlock(self) -> None:
        """Give back one read lock."""
        with self._mutex:
            if not self._readers:
                raise RuntimeError("r_unlock of an RWMutex that is not read-locked")
            self._readers -= 1
            if not self._readers:
                self._writer_turn.notify_all()

    def lock(self) -> None:
        """Take the write lock; waits for earlier writers and for all readers inside."""
        with self._mutex:
            ticket = self._next_ticket
            self._next_ticket += 1
            while self._served_ticket != ticket or self._readers:
                self._writer_turn.wait()
            self._writing = True

    def try_lock(self) -> bool:
        """Take the write lock if that needs no waiting; says whether it did."""
        with self._mutex:
            if self._readers or self._has_writer():
                return False
            self._next_ticket += 1
            self._writing = True
            return True

    def unlock(self) -> None:
        """Give back the write lock; the readers that wait go in, then the next writer."""
        with self._mutex:
            if not self._writing:
                raise RuntimeError("unlock of an RWMutex that is not locked")
            self._writing = False
            self._served_ticket += 1
            self._readers += self._waiting_readers
            self._waiting_readers = 0
            self._admissions += 1
            self._readers_admitted.notify_all()
            self._writer_turn.notify_all()

    def _has_writer(self) -> bool:
        return self._served_ticket != self._next_ticket
