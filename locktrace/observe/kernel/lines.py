"""What bpftrace prints with ``-f json`` for `futex.bt`, a line at a time, as records.

Tried with bpftrace 0.17 and 0.27, which differ in blanks and in lines that we pass over.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from locktrace.observe.kernel.records import (
    Began,
    Ended,
    Follows,
    Lengths,
    Lost,
    Pending,
    Pid,
    Record,
    Regained,
    Spent,
    Tick,
    Untold,
    Waited,
    Waiting,
)

Row = TypeVar("Row")


class LineError(ValueError):
    """The line is not what bpftrace would print; the message says why."""


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
    [(name, rows)] = data.items()
    if name == "@untold":
        return Untold({int(pid): int(waits) for pid, waits in rows.items()})
    if name == "@waiting":
        return Waiting(
            _by_process((_numbers(k), Pending(*map(int, row))) for k, row in rows.items())
        )
    return None


def _stats(data: Any) -> Record | None:
    rows = data["@spent"]
    totals = ((_numbers(k), (int(row["count"]), int(row["total"]))) for k, row in rows.items())
    by_process: defaultdict[Pid, dict[tuple[int, int], tuple[int, int]]] = defaultdict(dict)
    for (pid, thread, futex), total in totals:
        by_process[pid][thread, futex] = total
    return Spent(by_process, len(rows))


def _histogram(data: Any) -> Record | None:
    rows = data["@lengths"]
    return Lengths(_by_process((_numbers(key), _buckets(row)) for key, row in rows.items()))


def _numbers(key: str) -> tuple[int, ...]:
    return tuple(map(int, key.split(",")))


def _by_process(rows: Iterable[tuple[tuple[int, ...], Row]]) -> dict[Pid, dict[int, Row]]:
    by_process: defaultdict[Pid, dict[int, Row]] = defaultdict(dict)
    for (pid, other), row in rows:
        by_process[pid][other] = row
    return by_process


def _buckets(rows: list[dict[str, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(row["max"]) + 1, int(row["count"])) for row in rows if "max" in row)


def _lost(data: Any) -> Record | None:
    return Lost(int(data["events"]))


_PRINTED: Mapping[str, Callable[..., Record]] = {
    "began": Began,
    "follows": Follows,
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
