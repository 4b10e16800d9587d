"""Refuses what this server has no authority over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dnslib import CLASS

from locktrace_demo.address_table import innermost_zone
from locktrace_demo.protocol.response import Rcode, Response

if TYPE_CHECKING:
    from locktrace_demo.protocol.name import Name
    from locktrace_demo.protocol.query import Query

_LARGEST_DATA_TYPE = 127
_ANY = 255


class ZoneGuard:
    """REFUSED for names outside the zones, classes other than IN, and types that ask for an action.

    Those are the types 128 to 254 (RFC 6895, 3.1), zone transfers among them.
    """

    def __init__(self, zones: tuple[Name, ...]) -> None:
        self._zones = zones

    def apply(self, query: Query) -> Response | None:
        acts = _LARGEST_DATA_TYPE < query.qtype < _ANY
        if acts or query.qclass != CLASS.IN or not innermost_zone(query.name, self._zones):
            return Response(Rcode.REFUSED)
        return None
