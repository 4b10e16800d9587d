"""Which semaphore of the operating system a SemLock is, whatever its name.

A named semaphore is a file in memory, mapped by each process that has opened it. Its name may be
unlinked, forgotten, and given to another; the file's device and inode are its own for as long as
anybody has it mapped. So processes that map one file share one lock.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MAPPING = re.compile(
    r"(?P<start>[0-9a-f]+)-[0-9a-f]+ \S+ \S+ (?P<device>\S+) (?P<inode>\d+)"
    r" +/\S*/sem\.(?P<name>\S+)"
)


class Identity(NamedTuple):
    """What the operating system calls a lock, and what tells it from all others; "" if unknown."""

    name: str
    id: str


NOT_SHARED = Identity("", "")


class SemaphoreFiles:
    """The semaphores that this process has mapped, looked up when the first is asked for."""

    def __init__(self) -> None:
        self._by_address: dict[int, Identity] | None = None

    def of(self, handle: int) -> Identity:
        """The semaphore whose `sem_t` lies at `handle`."""
        if self._by_address is None:
            self._by_address = _mapped()
        return self._by_address.get(handle, NOT_SHARED)


def _mapped() -> dict[int, Identity]:
    """By address: the C library maps each semaphore's file from its beginning."""
    found: dict[int, Identity] = {}
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                mapping = _MAPPING.match(line) if "/sem." in line else None
                if mapping is not None:
                    identity = f"{mapping['device']}:{mapping['inode']}"
                    found[int(mapping["start"], 16)] = Identity(f"/{mapping['name']}", identity)
    except OSError:
        return {}
    return found
