"""The store in SQLite, embedded."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from locktrace_demo.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class SqliteStore:
    """A table ``zone(name, lines)`` in the file at `path`, or in memory for ``:memory:``."""

    def __init__(self, path: str) -> None:
        self._path = path
        with self._failures():
            # Opened by the main thread, read by the reload thread afterwards.
            self._connection = sqlite3.connect(path, check_same_thread=False)

    def read(self) -> Mapping[str, str]:
        with self._failures():
            # Changes nothing, and so needs no permission to, where the table is there already.
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS zone (name TEXT PRIMARY KEY, lines TEXT NOT NULL)"
            )
            rows = self._connection.execute("SELECT name, lines FROM zone")
            return {str(name): str(lines) for name, lines in rows}

    def write(self, rows: Mapping[str, str]) -> None:
        with self._failures(), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO zone VALUES (?, ?)", rows.items())

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"the store {self._path} cannot be used: {error}") from error
