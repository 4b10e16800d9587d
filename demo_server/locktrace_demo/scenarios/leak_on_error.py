"""Leak on error: the read lock is given back on the happy path only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locktrace_demo.scenarios import healthy

if TYPE_CHECKING:
    from locktrace_demo.protocol.query import Query
    from locktrace_demo.protocol.response import Response


class V2Filter(healthy.V2Filter):
    """Works until somebody asks for a name with bad data in the store, such as broken.example."""

    def apply(self, query: Query) -> Response | None:
        self.ip_table.r_lock()
        response = self._answer(query)  # BUG: if this raises, the next line does not run
        self.ip_table.r_unlock()
        return response
