"""Lock order: two locks, taken in one order by queries and in the other by the reload."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from locktrace_demo.scenarios import healthy

if TYPE_CHECKING:
    from locktrace_demo.address_table import AddressTable
    from locktrace_demo.protocol.query import Query
    from locktrace_demo.protocol.response import Response


class V2Filter(healthy.V2Filter):
    """Works until a query that is not in the cache arrives in the middle of a reload.

    The query then holds the cache's lock and waits for the table's; the reload holds the
    table's and waits for the cache's; and every later query waits for the cache's.
    """

    def apply(self, query: Query) -> Response | None:
        with self.cache.lock:
            response = self.cache.get(query)
            if response is None:
                self.ip_table.r_lock()  # BUG: the cache's lock, then the table's
                try:
                    response = self._addresses.answer(query.name, query.qtype)
                finally:
                    self.ip_table.r_unlock()
                self.cache.put(query, response)
        return response

    def reload(self) -> None:
        addresses = self._read_addresses()
        self.ip_table.lock()
        try:
            self.bad_records = _count_bad_records(addresses)
            self._replace_addresses(addresses)  # the table's lock, then the cache's
        finally:
            self.ip_table.unlock()


def _count_bad_records(addresses: AddressTable) -> int:
    """Tries every record: tens of milliseconds in which a query may come between the two locks."""
    bad = 0
    for record_set in addresses.record_sets():
        bad += 1
        with suppress(Exception):
            record_set.records()
            bad -= 1
    return bad
