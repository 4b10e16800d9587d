"""The authoritative filter, but for the part that takes its lock: that is in the scenarios."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from locktrace_demo.address_table import AddressTable
from locktrace_demo.filters.response_cache import ResponseCache
from locktrace_demo.rwmutex import RWMutex

if TYPE_CHECKING:
    from locktrace_demo.protocol.name import Name
    from locktrace_demo.protocol.query import Query
    from locktrace_demo.protocol.response import Response
    from locktrace_demo.stores import Store


class V2Filter(ABC):
    """Answers from the IP table, which the read-write lock `ip_table` guards.

    Lock order: `ip_table`, then `cache.lock`. What is cached is what the present table
    says, because answering needs the read lock and replacing the table the write lock.
    """

    def __init__(self, store: Store) -> None:
        """Reads the table for the first time; raises StoreError."""
        self.ip_table = RWMutex()
        self.cache = ResponseCache()
        self._store = store
        self._addresses = self._read_addresses()
        self.zones: tuple[Name, ...] = self._addresses.zones

    @abstractmethod
    def apply(self, query: Query) -> Response | None:
        """Answer under the read lock."""

    @abstractmethod
    def reload(self) -> None:
        """Replace the table by what is in the store, under the write lock; raises StoreError."""

    def _answer(self, query: Query) -> Response:
        """From the cache or the table; the caller holds the read lock."""
        with self.cache.lock:
            response = self.cache.get(query)
        if response is None:
            response = self._addresses.answer(query.name, query.qtype)
            with self.cache.lock:
                self.cache.put(query, response)
        return response

    def _replace_addresses(self, addresses: AddressTable) -> None:
        """The caller holds the write lock."""
        self._addresses = addresses
        with self.cache.lock:
            self.cache.clear()

    def _read_addresses(self) -> AddressTable:
        return AddressTable(self._store.read())
