"""Healthy: how it should be. Each other scenario differs from this file by its bug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locktrace_demo.filters import v2

if TYPE_CHECKING:
    from locktrace_demo.protocol.query import Query
    from locktrace_demo.protocol.response import Response


class V2Filter(v2.V2Filter):
    """Gives back what it takes, whatever happens in between, and does its I/O before it locks."""

    def apply(self, query: Query) -> Response | None:
        self.ip_table.r_lock()
        try:
            return self._answer(query)
        finally:
            self.ip_table.r_unlock()

    def reload(self) -> None:
        addresses = self._read_addresses()
        self.ip_table.lock()
        try:
            self._replace_addresses(addresses)
        finally:
            self.ip_table.unlock()
