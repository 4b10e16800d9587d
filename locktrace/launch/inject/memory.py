"""Another process's memory: what is mapped where, its bytes, and the symbols of what it loaded."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_DELETED = " (deleted)"
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_STRTAB, _DT_SYMTAB, _DT_GNU_HASH = 5, 6, 0x6FFFFEF5
_SYMBOL = struct.Struct("<IBBHQQ")  # name, info, other, section, value, size
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_LONGEST_CHAIN = 4096
_NO_ADDRESS = 1 << 63  # user space ends before
MOST_BYTES = 16 * 1024 * 1024  # in one piece


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line of /proc/PID/maps; `path` is empty for anonymous memory."""

    start: int
    end: int
    offset: int
    path: str

    @property
    def name(self) -> str:
        """The file's name, also when it was replaced or removed since."""
        return os.path.basename(self.path.removesuffix(_DELETED))


def mappings(pid: int) -> list[Mapping]:
    """What process `pid` has mapped, by address; OSError when it may not be read."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as lines:
        return [_mapping(line.rstrip("\n")) for line in lines]


def _mapping(line: str) -> Mapping:
    fields = line.split(maxsplit=5)
    start, end = (int(address, 16) for address in fields[0].split("-"))
    return Mapping(start, end, int(fields[2], 16), fields[5] if len(fields) > 5 else "")


def mapping_at(found: list[Mapping], address: int) -> Mapping | None:
    """The mapping that has `address` in it."""
    return next((m for m in found if m.start <= address < m.end), None)


class Memory:
    """The memory of process `pid`. OSError where it may not be read, or is not mapped."""

    def __init__(self, pid: int, *, write: bool = False) -> None:
        self._fd = os.open(f"/proc/{pid}/mem", (os.O_RDWR if write else os.O_RDONLY) | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._fd)

    def read(self, address: int, size: int) -> bytes:
        # Sizes and addresses may come out of that memory itself, and be a lie.
        data = os.pread(self._fd, size, address) if _is_sane(address, size) else b""
        if len(data) != size or not size:
            raise OSError(f"{size} bytes at {address:#x} cannot be read")
        return data

    def write(self, address: int, data: bytes) -> None:
        if not _is_sane(address, len(data)) or os.pwrite(self._fd, data, address) != len(data):
            raise OSError(f"{len(data)} bytes at {address:#x} cannot be written")

    def unpack(self, layout: str, address: int) -> tuple[int, ...]:
        return struct.unpack(layout, self.read(address, struct.calcsize(layout)))

    def text(self, address: int, most: int = 512) -> str:
        """The C string at `address`, cut at `most` bytes and where the page ends."""
        room = min(most, 4096 - address % 4096)
        return self.read(address, room).split(b"\0")[0].decode("utf-8", "replace")


def _is_sane(address: int, size: int) -> bool:
    return 0 <= size <= MOST_BYTES and 0 <= address < _NO_ADDRESS


class Library:
    """The symbols of one 64-bit ELF object that a process has loaded at `base`.

    Read out of memory, by the GNU hash table that the dynamic linker uses itself, so it does not
    matter whether the file can still be reached. ValueError when it is no such object.
    """

    def __init__(self, memory: Memory, base: int) -> None:
        self._memory = memory
        head = memory.read(base, 64)
        if head[:5] != b"\x7fELF\x02":
            raise ValueError("not a 64-bit ELF object")
        (table,), (size, count) = (
            struct.unpack_from("<Q", head, 32),
            struct.unpack_from("<HH", head, 54),
        )
        headers = [
            _PROGRAM_HEADER.unpack(memory.read(base + table + i * size, _PROGRAM_HEADER.size))
            for i in range(count)
        ]
        first = min((h[3] & ~0xFFF for h in headers if h[0] == _PT_LOAD), default=0)
        self._bias = base - first
        dynamic = next((h for h in headers if h[0] == _PT_DYNAMIC), None)
        if dynamic is None:
            raise ValueError("not dynamically linked")
        entries = dict(self._entries(self._bias + dynamic[3], dynamic[6]))
        try:
            self._strings, self._symbols, self._hash = (
                self._address(entries[tag]) for tag in (_DT_STRTAB, _DT_SYMTAB, _DT_GNU_HASH)
            )
        except KeyError:
            raise ValueError("no GNU hash table") from None

    def _entries(self, address: int, size: int) -> Iterator[tuple[int, int]]:
        for tag, value in struct.iter_unpack("<QQ", self._memory.read(address, size & ~15)):
            if tag == 0:
                return
            yield tag, value

    def _address(self, value: int) -> int:
        """glibc has made absolute what the file has relative to its beginning; others have not."""
        return value if value >= self._bias else value + self._bias

    def find(self, name: str) -> int | None:
        """The address of symbol `name`, None if this object does not define it."""
        extent = self.extent(name)
        return extent[0] if extent is not None else None

    def extent(self, name: str) -> tuple[int, int] | None:
        """The first address of symbol `name` and its end, None if it is not defined here."""
        buckets, first, bloom, _ = self._memory.unpack("<IIII", self._hash)
        if not buckets:
            return None
        wanted = gnu_hash(name)
        table = self._hash + 16 + bloom * 8
        (index,) = self._memory.unpack("<I", table + wanted % buckets * 4)
        chain = table + buckets * 4
        for at in range(index, index + _LONGEST_CHAIN if index >= first else index):
            (found,) = self._memory.unpack("<I", chain + (at - first) * 4)
            if found | 1 == wanted | 1:
                extent = self._extent(at, name)
                if extent is not None:
                    return extent
            if found & 1:
                break
        return None

    def _extent(self, index: int, name: str) -> tuple[int, int] | None:
        raw = self._memory.read(self._symbols + index * _SYMBOL.size, _SYMBOL.size)
        string, _, _, section, value, size = _SYMBOL.unpack(raw)
        if not section or self._memory.text(self._strings + string) != name:
            return None
        return self._bias + value, self._bias + value + size


def gnu_hash(name: str) -> int:
    """The hash of `DT_GNU_HASH` tables."""
    value = 5381
    for byte in name.encode():
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def library(memory: Memory, found: list[Mapping], path: str) -> Library | None:
    """The object loaded from `path`, None if it is not one that can be read."""
    base = next((m.start for m in found if m.path == path and m.offset == 0), None)
    try:
        return Library(memory, base) if base is not None else None
    except (ValueError, OSError, struct.error):
        return None
