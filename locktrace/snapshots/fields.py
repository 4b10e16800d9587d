"""Reading a JSON document that anybody may have written: each value checked, or one sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from locktrace.errors import LocktraceError

Word = TypeVar("Word", bound=StrEnum)


class MalformedDumpError(LocktraceError):
    """The file is no dump that this version can read; the message says where and why."""


class Fields:
    """One JSON object of a document; `path` tells where it is, as ``holds[3]``."""

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise _wrong(path or "the document", "an object")
        self._values = value
        self._path = path

    def integer(self, name: str) -> int:
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(self._at(name), "an integer")
        return value

    def natural(self, name: str) -> int:
        value = self.integer(name)
        if value < 0:
            raise _wrong(self._at(name), "0 or more")
        return value

    def added_text(self, name: str) -> str:
        """Of a field that older documents of this schema do not have; empty for those."""
        return self.text(name) if name in self._values else ""

    def added_natural(self, name: str) -> int:
        """Of a field that older documents of this schema do not have; 0 for those."""
        return self.natural(name) if name in self._values else 0

    def added_optional_integer(self, name: str) -> int | None:
        """As `added_natural`; None for those."""
        return self.optional_integer(name) if name in self._values else None

    def added_flag(self, name: str) -> bool:
        """As `added_natural`; false where it is not there."""
        return self.flag(name) if name in self._values else False

    def added_word(self, name: str, words: type[Word], default: Word) -> Word:
        """As `added_natural`; `default` where it is not there."""
        return self.word(name, words) if name in self._values else default

    def added_objects(self, name: str) -> Iterator[Fields]:
        """As `added_natural`; none for older documents."""
        return self.objects(name) if name in self._values else iter(())

    def has(self, name: str) -> bool:
        return name in self._values

    def naturals(self, name: str) -> tuple[int, ...]:
        values = self._get(name)
        if not isinstance(values, list) or not all(
            isinstance(value, int) and not isinstance(value, bool) and value >= 0
            for value in values
        ):
            raise _wrong(self._at(name), "a list of integers of 0 or more")
        return tuple(values)

    def added_texts(self, name: str) -> tuple[str, ...]:
        """As `added_natural`; empty where it is not there."""
        return self.texts(name) if name in self._values else ()

    def added_object(self, name: str) -> Fields | None:
        """As `added_natural`; None where it is not there, or null."""
        return self.object(name) if self._values.get(name) is not None else None

    def added_reals(self, name: str) -> dict[str, float]:
        """An object of numbers, as `added_object`; empty where it is not there."""
        values = self.added_object(name)
        return {key: values.real(key) for key in values._values} if values is not None else {}

    def optional_integer(self, name: str) -> int | None:
        return None if self._get(name) is None else self.integer(name)

    def real(self, name: str) -> float:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise _wrong(self._at(name), "a number")
        return float(value)

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str):
            raise _wrong(self._at(name), "a string")
        return value

    def flag(self, name: str) -> bool:
        value = self._get(name)
        if not isinstance(value, bool):
            raise _wrong(self._at(name), "true or false")
        return value

    def is_null(self, name: str) -> bool:
        return self._get(name) is None

    def word(self, name: str, words: type[Word]) -> Word:
        """One of the values of a StrEnum."""
        try:
            return words(self._get(name))
        except ValueError:
            raise _wrong(self._at(name), f"one of {', '.join(words)}") from None

    def object(self, name: str) -> Fields:
        return Fields(self._get(name), self._at(name))

    def objects(self, name: str) -> Iterator[Fields]:
        for position, value in enumerate(self._list(name)):
            yield Fields(value, f"{self._at(name)}[{position}]")

    def integers(self, name: str) -> tuple[int, ...]:
        return tuple(self._all(name, int, "a list of integers"))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._all(name, str, "a list of strings"))

    def _get(self, name: str) -> Any:
        if name not in self._values:
            raise MalformedDumpError(f"This is no locktrace dump: {self._at(name)} is missing.")
        return self._values[name]

    def _list(self, name: str) -> list[Any]:
        value = self._get(name)
        if not isinstance(value, list):
            raise _wrong(self._at(name), "a list")
        return value

    def _all(self, name: str, type: type, what: str) -> list[Any]:
        values = self._list(name)
        if not all(isinstance(v, type) and not isinstance(v, bool) for v in values):
            raise _wrong(self._at(name), what)
        return values

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer with more digits than a float can hold
        return False


def _wrong(path: str, expected: str) -> MalformedDumpError:
    return MalformedDumpError(f"This is no locktrace dump: {path} is not {expected}.")
