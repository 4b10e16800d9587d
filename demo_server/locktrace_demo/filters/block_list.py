"""Refuses names by policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locktrace_demo.protocol.name import Name
from locktrace_demo.protocol.response import Rcode, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from locktrace_demo.protocol.query import Query


class BlockList:
    """REFUSED for the names on the list and all names under them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(Name.from_text(name).folded() for name in names)

    def apply(self, query: Query) -> Response | None:
        asked = query.name.folded()
        if any(asked.is_within(name) for name in self._names):
            return Response(Rcode.REFUSED)
        return None
