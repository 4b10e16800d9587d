"""Leaked read lock: the story. Queries take the read lock and never give it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locktrace_demo.scenarios import healthy

if TYPE_CHECKING:
    from locktrace_demo.protocol.query import Query
    from locktrace_demo.protocol.response import Response


class V2Filter(healthy.V2Filter):
    """Works, since readers do not exclude readers, until the first reload asks for the write lock.

    The reload then waits for readers that are long gone, and as a waiting writer keeps
    out every later query.
    """

    def apply(self, query: Query) -> Response | None:
        self.ip_table.r_lock()
        return self._answer(query)  # BUG: nobody calls r_unlock
