"""Recursive read: a handler takes the read lock, and a helper that it calls takes it again."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from locktrace_demo.scenarios import healthy

if TYPE_CHECKING:
    from locktrace_demo.protocol.query import Query
    from locktrace_demo.protocol.response import Response
    from locktrace_demo.stores import Store

LOG_SECONDS = 0.02
"""Stands for a query log on a slow disk."""


class V2Filter(healthy.V2Filter):
    """Works until the reload asks for the write lock between the two read locks of one query.

    The query then waits behind the reload, and the reload for the query's first read lock.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.query_log = deque[str](maxlen=1000)

    def apply(self, query: Query) -> Response | None:
        self.ip_table.r_lock()
        try:
            response = self._answer(query)
            self._log(query)
            return response
        finally:
            self.ip_table.r_unlock()

    def size(self) -> int:
        """How many names the table has."""
        self.ip_table.r_lock()  # BUG: `apply` holds the read lock already
        try:
            return len(self._addresses)
        finally:
            self.ip_table.r_unlock()

    def _log(self, query: Query) -> None:
        time.sleep(LOG_SECONDS)
        self.query_log.append(f"{query} asked of {self.size()} names")
