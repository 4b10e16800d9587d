"""The chain of filters that a query passes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from locktrace_demo.protocol.response import Rcode, Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locktrace_demo.protocol.query import Query


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
