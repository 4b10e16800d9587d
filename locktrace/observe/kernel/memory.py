"""Reading another process: its memory, and which files are mapped where."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Mapping(NamedTuple):
    """A part of a file in a process's memory; `path` is as we can open it."""

    start: int
    end: int
    offset: int
    path: Path


class Memory:
    """Words of a process's memory; OSError when it may not be read or is gone."""

    def __init__(self, pid: int) -> None:
        self._file = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)

    def word(self, address: int) -> int | None:
        """The 8 bytes at `address`, None where nothing is mapped."""
        with contextlib.suppress(OSError, OverflowError):
            data = os.pread(self._file, 8, address)
            if len(data) == 8:
                return int.from_bytes(data, "little")
        return None

    def close(self) -> None:
        os.close(self._file)


def mapped_files(pid: int) -> Iterator[Mapping]:
    """Every file mapping, in the order of addresses; a path inside a container is made ours."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5].startswith("/"):
            start, _, end = fields[0].partition("-")
            inside = fields[5].removesuffix(" (deleted)")
            path = Path(f"/proc/{pid}/root{inside}")
            yield Mapping(int(start, 16), int(end, 16), int(fields[2], 16), path)
