"""Key-value stores that hold the zone: name -> lines of ``TTL TYPE DATA``.

For example ``www.example.`` -> ``300 A 192.0.2.10`` and, on the next line,
``300 AAAA 2001:db8::10``. A store that is empty gets a small zone to start with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from locktrace_demo.errors import StoreError
from locktrace_demo.seed import seed_rows

if TYPE_CHECKING:
    from collections.abc import Mapping


class Store(Protocol):
    """A key-value store; used by one thread at a time. Every method raises StoreError."""

    def read(self) -> Mapping[str, str]:
        """All rows."""
        ...

    def write(self, rows: Mapping[str, str]) -> None:
        """Put these rows beside or over those that are there."""
        ...

    def close(self) -> None: ...


def open_store(url: str) -> Store:
    """The store at ``sqlite::memory:``, ``sqlite:///PATH`` or ``redis://HOST``, seeded if empty."""
    store = _connect(url)
    try:
        if not store.read():
            store.write(seed_rows())
    except StoreError:
        store.close()
        raise
    return store


def _connect(url: str) -> Store:
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest:
        from locktrace_demo.stores.sqlite_store import SqliteStore

        return SqliteStore(rest.removeprefix("//"))
    if scheme in ("redis", "rediss"):
        try:
            from locktrace_demo.stores.redis_store import RedisStore
        except ImportError as error:
            raise StoreError(
                "a redis:// store needs the module redis: pip install redis"
            ) from error
        return RedisStore(url)
    raise StoreError(f"'{url}' is no store: give sqlite::memory:, sqlite:///path or redis://host")
