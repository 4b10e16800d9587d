"""What bpftrace prints with ``-f json`` for `futex.bt`, a line at a time, as records.

Tried with bpftrace 0.17 and 0.27, which differ in blanks and in lines that we pass over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class LineError(ValueError):
    """The line is not what bpftrace would print; the message says why."""


@dataclass(frozen=True, slots=True)
class Began:
    """The probes are in place; `pid` is bpftrace's own, as it counts."""

    at_ns: int
    pid: int


@dataclass(frozen=True, slots=True)
class Waited:
    """One long wait that is over; `waker` 0: nobody woke it, or it is not known who."""

    thread: int
    key: int
    since_ns: int
    until_ns: int
    waker: int
    cpu: int


@dataclass(frozen=True, slots=True)
class Regained:
    """After a long wait the thread has waited for the GIL as well."""

    thread: int
    since_ns: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A thread has ended."""

    thread: int


@dataclass(frozen=True, slots=True)
class Tick:
    """All that was printed before is as of now."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A thread in a futex; `interrupted_ns` not 0: a signal got it out, it may come back."""

    since_ns: int
    key: int
    interrupted_ns: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Every thread that is in a futex, by thread."""

    threads: Mapping[int, Pending]


@dataclass(frozen=True, slots=True)
class Spent:
    """(thread, key) -> (waits, ns) since the beginning."""

    totals: Mapping[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Lengths:
    """key -> ((upper bound in microseconds, waits), …) since the beginning."""

    buckets: Mapping[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Untold:
    """Long waits that were too many to be told one by one, since the beginning."""

    waits: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Messages of the kernel that bpftrace had no room for, since the last of these."""

    messages: int


Record = Began | Waited | Regained | Ended | Tick | Waiting | Spent | Lengths | Untold | Lost


def parse(line: bytes) -> Record | None:
    """The record of a line; None for a line that says nothing to us. LineError if malformed."""
    if not line.strip():
        return None
    try:
        document = json.loads(line)
        read = _READERS.get(document["type"])
        return read(document["data"]) if read is not None else None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise LineError(f"bpftrace said {line[:80]!r}, which has no sense ({error!r})") from None


def _printed(data: Any) -> Record | None:
    word, *numbers = data.split()
    record = _PRINTED.get(word)
    return record(*map(int, numbers)) if record is not None else None


def _map(data: Any) -> Record | None:
    [(name, value)] = data.items()
    if name == "@untold":
        return Untold(int(value))
    if name == "@waiting":
        return Waiting({int(thread): Pending(*map(int, row)) for thread, row in value.items()})
    return None


def _stats(data: Any) -> Record | None:
    rows = data["@spent"]
    return Spent({_pair(key): (int(row["count"]), int(row["total"])) for key, row in rows.items()})


def _pair(key: str) -> tuple[int, int]:
    thread, futex = key.split(",")
    return int(thread), int(futex)


def _histogram(data: Any) -> Record | None:
    return Lengths({int(key): _buckets(rows) for key, rows in data["@lengths"].items()})


def _buckets(rows: list[dict[str, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(row["max"]) + 1, int(row["count"])) for row in rows if "max" in row)


def _lost(data: Any) -> Record | None:
    return Lost(int(data["events"]))


_PRINTED: Mapping[str, Callable[..., Record]] = {
    "began": Began,
    "wait": Waited,
    "regained": Regained,
    "ended": Ended,
    "at": Tick,
}
_READERS: Mapping[str, Callable[[Any], Record | None]] = {
    "printf": _printed,
    "map": _map,
    "stats": _stats,
    "hist": _histogram,
    "lost_events": _lost,
}
