"""Refuses what this server has no authority over."""

from __future__ import annotations

from dnslib import CLASS

from locktrace_demo.address_table import innermost_zone
from locktrace_demo.protocol.name import Name
from locktrace_demo.protocol.query import Query
from locktrace_demo.protocol.response import Rcode, Response

_LARGEST_DATA_TYPE = 127
_ANY = 255


class ZoneGuard:
    """REFUSED for names outside the zones, other classes than IN, and types that stand for an action.

    Such types (RFC 6895, 3.1: 128 to 255; zone transfers among them) have no records; ANY is served.
    """

    def __init__(self, zones: tuple[Name, ...]) -> None:
        self._zones = zones

    def apply(self, query: Query) -> Response | None:
        acts = _LARGEST_DATA_TYPE < query.qtype < _ANY
        if acts or query.qclass != CLASS.IN or not innermost_zone(query.name, self._zones):
            return Response(Rcode.REFUSED)
        return None
