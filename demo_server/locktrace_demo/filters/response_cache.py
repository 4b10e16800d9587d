"""Responses that need not be worked out again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locktrace_demo.protocol.name import Name
    from locktrace_demo.protocol.query import Query
    from locktrace_demo.protocol.response import Response


class ResponseCache:
    """Responses by name and type, the oldest forgotten first. To call a method, hold `lock`."""

    def __init__(self, capacity: int = 2048) -> None:
        self.lock = threading.Lock()
        self._capacity = capacity
        self._responses: dict[tuple[Name, int], Response] = {}

    def get(self, query: Query) -> Response | None:
        return self._responses.get(_key(query))

    def put(self, query: Query, response: Response) -> None:
        self._responses[_key(query)] = response
        if len(self._responses) > self._capacity:
            del self._responses[next(iter(self._responses))]

    def clear(self) -> None:
        self._responses.clear()


def _key(query: Query) -> tuple[Name, int]:
    return query.name.folded(), query.qtype
