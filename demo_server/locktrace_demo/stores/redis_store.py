"""The store in Redis."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import redis

from locktrace_demo.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEY = "locktrace_demo:zone"


class RedisStore:
    """One Redis hash, `KEY`, whose fields are the rows."""

    def __init__(self, url: str) -> None:
        """Does not connect yet; raises StoreError for a URL that says nothing."""
        # A URL may hold a password: sentences name the place only.
        self._place = urlsplit(url).netloc.rpartition("@")[2] or "redis"
        try:
            self._client = redis.Redis.from_url(
                url, decode_responses=True, socket_timeout=5.0, socket_connect_timeout=5.0
            )
        except (ValueError, redis.RedisError) as error:
            raise StoreError(f"the store at {self._place} cannot be used: {error}") from error

    def read(self) -> Mapping[str, str]:
        with self._failures():
            return cast("dict[str, str]", self._client.hgetall(KEY))

    def write(self, rows: Mapping[str, str]) -> None:
        fields: dict[Any, Any] = dict(rows)  # hset's own type is not covariant
        with self._failures():
            self._client.hset(KEY, mapping=fields)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, UnicodeDecodeError) as error:
            raise StoreError(f"the store at {self._place} cannot be used: {error}") from error
