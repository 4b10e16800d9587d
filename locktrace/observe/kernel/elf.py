"""Where an ELF file (64 bit, little-endian) has its symbols: as much of the format as we need."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SYMBOL_TABLES = frozenset({2, 11})  # SHT_SYMTAB, SHT_DYNSYM
_LOAD = 1


class Symbol(NamedTuple):
    """`value` is an address as the file counts: see `Elf.base`."""

    value: int
    size: int


class Elf:
    """A mapped file; ValueError, also from the methods, if it is not what it should be."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is no 64-bit ELF file")
        self._segments_at, self._sections_at = struct.unpack_from("<QQ", self._data, 32)
        self._segments, _, self._sections = struct.unpack_from("<HHH", self._data, 56)

    def base(self, mapped_at: int, offset: int) -> int:
        """What to add to symbols' values where the file's `offset` is mapped at `mapped_at`."""
        for number in range(self._segments):
            row = _SEGMENT.unpack_from(self._data, self._segments_at + number * _SEGMENT.size)
            kind, _, start, address, _, length = row[:6]
            if kind == _LOAD and start & -4096 <= offset < start + length:
                return int(mapped_at - offset - (address - start))
        raise ValueError("no segment of the file is mapped there")

    def symbol(self, name: str) -> Symbol | None:
        """The symbol of that name, from either table."""
        wanted = name.encode() + b"\0"
        for row in self._section_rows():
            if row[1] in _SYMBOL_TABLES:
                names = self._section_row(row[6])[4]
                found = self._find(row[4], row[5], names, wanted)
                if found is not None:
                    return found
        return None

    def _find(self, start: int, length: int, names: int, wanted: bytes) -> Symbol | None:
        table = self._data[start : start + length]
        for at, _, _, section, value, size in _SYMBOL.iter_unpack(table):
            where = names + at
            if section and self._data[where : where + len(wanted)] == wanted:
                return Symbol(value, size)
        return None

    def _section_rows(self) -> Iterator[tuple[int, ...]]:
        for number in range(self._sections):
            yield self._section_row(number)

    def _section_row(self, number: int) -> tuple[int, ...]:
        try:
            return _SECTION.unpack_from(self._data, self._sections_at + number * _SECTION.size)
        except struct.error:
            raise ValueError("the file is cut short") from None
