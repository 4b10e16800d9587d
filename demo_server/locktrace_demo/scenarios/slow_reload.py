"""Slow reload: the writer does its I/O under the lock. A convoy, and no hang."""

from __future__ import annotations

import time

from locktrace_demo.scenarios import healthy

STORE_SECONDS = 2.0
"""Stands for a store that is far away."""


class V2Filter(healthy.V2Filter):
    """Works, but at every reload all queries wait for the store."""

    def reload(self) -> None:
        self.ip_table.lock()
        try:
            time.sleep(STORE_SECONDS)
            self._replace_addresses(self._read_addresses())  # BUG: I/O under the write lock
        finally:
            self.ip_table.unlock()
