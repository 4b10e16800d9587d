"""The chain of filters that a query passes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from locktrace_demo.protocol.query import Query
from locktrace_demo.protocol.response import Rcode, Response


class Filter(Protocol):
    """One step of the chain."""

    def apply(self, query: Query) -> Response | None:
        """The response, or None to leave the query to the next filter."""
        ...


class FilterChain:
    """Asks each filter in order; the first response counts. REFUSED if none has one."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = tuple(filters)

    def apply(self, query: Query) -> Response:
        for step in self._filters:
            if response := step.apply(query):
                return response
        return Response(Rcode.REFUSED)
