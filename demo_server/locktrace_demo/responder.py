"""From the bytes of a query to the bytes of its response, whatever the transport."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from locktrace_demo.counters import Counters, Event
from locktrace_demo.instrumentation import label
from locktrace_demo.protocol.query import Header, Query, parse_query
from locktrace_demo.protocol.reader import MalformedError
from locktrace_demo.protocol.response import (
    Rcode,
    Response,
    Transport,
    render,
    render_error,
    size_limit,
)

if TYPE_CHECKING:
    from locktrace_demo.filters import FilterChain


class Responder:
    """Answers queries by a chain of filters; used by all workers at once."""

    def __init__(self, chain: FilterChain, counters: Counters) -> None:
        self._chain = chain
        self._counters = counters
        self._reported: set[type[Exception]] = set()

    def handle_wire(self, wire: bytes, transport: Transport) -> bytes | None:
        """The response, or None for what is not to be answered: a response, or no header at all."""
        header = Header.read(wire)
        if header is None or header.is_response:
            self._counters.add(Event.MALFORMED)
            return None
        try:
            query = parse_query(wire)
        except MalformedError:
            self._counters.add(Event.MALFORMED)
            return render_error(header, Rcode.FORMERR if header.is_standard else Rcode.NOTIMP)
        with label(f"query {query}"):
            return self._respond(header, query, size_limit(query, transport))

    def _respond(self, header: Header, query: Query, limit: int) -> bytes:
        try:
            return render(header, query, self._decide(header, query), limit)
        except Exception as error:
            self._counters.add(Event.FAILED)
            self._report(query, error)
            return render(header, query, Response(Rcode.SERVFAIL), limit)

    def _decide(self, header: Header, query: Query) -> Response:
        if not header.is_standard:
            return Response(Rcode.NOTIMP)
        if query.edns and query.edns.version > 0:
            return Response(Rcode.BADVERS)
        return self._chain.apply(query)

    def _report(self, query: Query, error: Exception) -> None:
        # Once for each type: nobody may be reading our stderr, and a full pipe would block us.
        if type(error) not in self._reported:
            self._reported.add(type(error))
            sentence = f"query {query} failed with {type(error).__name__}: {error}"
            print(f"locktrace_demo: {sentence}", file=sys.stderr, flush=True)
